#include "order.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tg {

struct Order::Storage {
  std::vector<i64> sequence, length, active, offset, mirror;
};

Order::Order() : storage_(std::make_unique<Storage>()) {}
Order::~Order() = default;

void Order::set(i64 count, const i64* lengths) {
  Storage& s = *storage_;
  n = count;
  s.sequence.resize(n);
  std::iota(s.sequence.begin(), s.sequence.end(), i64(0));
  std::stable_sort(s.sequence.begin(), s.sequence.end(), [&](i64 a, i64 b) { return lengths[a] > lengths[b]; });
  s.length.resize(n);
  for (i64 p = 0; p < n; ++p) s.length[p] = lengths[s.sequence[p]];
  steps = n > 0 ? s.length[0] : 0;
  s.active.resize(steps);
  s.offset.resize(steps + 1);
  rows = 0;
  i64 alive = n;
  for (i64 t = 0; t < steps; ++t) {
    while (alive > 0 && s.length[alive - 1] <= t) --alive;
    s.active[t] = alive;
    s.offset[t] = rows;
    rows += alive;
  }
  s.offset[steps] = rows;
  s.mirror.resize(rows);
  for (i64 t = 0; t < steps; ++t)
    for (i64 p = 0; p < s.active[t]; ++p) s.mirror[s.offset[t] + p] = s.offset[s.length[p] - 1 - t] + p;
  sequence = s.sequence.data();
  length = s.length.data();
  active = s.active.data();
  offset = s.offset.data();
  mirror = s.mirror.data();
}

}  // namespace tg
