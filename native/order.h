// The order in which a batch is unfolded: sequences sorted by length, longest first, as packed rows (see dims.h).
// Compiled once, not per instruction set, so it may use the standard library.
#pragma once

#include <memory>

#include "dims.h"

namespace tg {

struct Order {
  i64 n = 0;      // sequences
  i64 steps = 0;  // of the longest
  i64 rows = 0;   // packed rows: the sum of the lengths
  // All below are owned by this object and valid until the next call of set().
  const i64* sequence = nullptr;  // [n] packed position -> place in the batch as given
  const i64* length = nullptr;    // [n] steps of the sequence at a packed position
  const i64* active = nullptr;    // [steps] sequences that have a step t
  const i64* offset = nullptr;    // [steps + 1] first packed row of step t
  const i64* mirror = nullptr;    // [rows] packed row of the same sequence read from its other end

  Order();
  ~Order();
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;
  void set(i64 count, const i64* lengths);  // lengths [count], each >= 1

  i64 row(i64 t, i64 position) const { return offset[t] + position; }
  i64 last_row(i64 position) const { return row(length[position] - 1, position); }

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

}  // namespace tg
