// The rows of an embedding that a batch reads, each with the packed rows that read it. Compiled once.
#pragma once

#include <memory>

#include "dims.h"

namespace tg {

class Touched {
 public:
  i64 count = 0;                // different ids
  const i64* id = nullptr;      // [count] ascending
  const i64* first = nullptr;   // [count + 1] into row
  const i64* row = nullptr;     // packed rows, ascending within an id

  Touched();
  ~Touched();
  Touched(const Touched&) = delete;
  Touched& operator=(const Touched&) = delete;
  void set(i64 rows, const std::int32_t* id_of_row);

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

}  // namespace tg
