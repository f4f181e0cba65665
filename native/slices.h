// The sequences of a batch, cut into slices of about equal work. What reads or writes rows is cut like the loop over time, so
// that a row stays with the thread, and in the cache, of its slice. No result depends on the cut.
#pragma once

#include "order.h"
#include "threads.h"

namespace tg::TG_ISA {

class Slices {
 public:
  // At least one slice a thread where there are as many sequences; none of more than `widest` of them, unless there are too many.
  void cut(const Order& order, i64 widest) {
    const i64 share = (order.rows + threads() - 1) / threads();
    widest = larger(widest, (order.n + most - 2) / (most - 1) * 2);
    i64 work = 0, done = 0;
    count_ = widest_ = first_[0] = 0;
    for (i64 p = 0; p < order.n; ++p) {
      work += order.length[p];
      const i64 width = p + 1 - first_[count_];
      const bool full = width >= widest || work >= (done + 1) * share;
      if (full || p + 1 == order.n) {
        while (work >= (done + 1) * share) ++done;
        first_[++count_] = p + 1;
        widest_ = larger(widest_, width);
      }
    }
  }

  i64 count() const { return count_; }
  i64 widest() const { return widest_; }
  i64 first(i64 slice) const { return first_[slice]; }  // packed position
  i64 last(i64 slice) const { return first_[slice + 1]; }

  // body(step, first, last): the packed positions of a slice that have such a step, step by step.
  template <class Body>
  void each_step(const Order& order, i64 slice, Body&& body) const {
    for (i64 t = 0; t < order.steps && order.active[t] > first(slice); ++t)
      body(t, first(slice), smaller(order.active[t], last(slice)));
  }

 private:
  static constexpr i64 most = 512;
  i64 first_[most + 1];
  i64 count_ = 0, widest_ = 0;
};

}  // namespace tg::TG_ISA
