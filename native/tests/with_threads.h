#pragma once

#include "threads.h"

namespace tests {

// Uses `count` threads while it lives, then as many as before.
class WithThreads {
 public:
  explicit WithThreads(int count) : before_(tg::threads()) { tg::set_threads(count); }
  ~WithThreads() { tg::set_threads(before_); }

 private:
  const int before_;
};

}  // namespace tests
