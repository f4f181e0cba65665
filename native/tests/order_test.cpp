// The order of packed rows, against the definition in dims.h.
#include "order.h"

#include <vector>

#include "harness.h"

using tg::i64;
using tg::Order;

namespace {

const std::vector<std::vector<i64>> batches = {{1},          {5},          {1, 1, 1},    {2, 5, 1, 5, 3},
                                               {1, 2, 3, 4}, {4, 3, 2, 1}, {7, 7, 1, 30}};

}  // namespace

TEST(order_puts_the_longest_first_and_keeps_ties_as_given) {
  Order order;
  const i64 lengths[] = {2, 5, 1, 5, 3};
  order.set(5, lengths);
  const i64 sequence[] = {1, 3, 4, 0, 2}, length[] = {5, 5, 3, 2, 1};
  for (int p = 0; p < 5; ++p) {
    CHECK_EQUAL(order.sequence[p], sequence[p]);
    CHECK_EQUAL(order.length[p], length[p]);
  }
  const i64 active[] = {5, 4, 3, 2, 2}, offset[] = {0, 5, 9, 12, 14, 16};
  CHECK_EQUAL(order.steps, 5);
  CHECK_EQUAL(order.rows, 16);
  for (int t = 0; t < 5; ++t) CHECK_EQUAL(order.active[t], active[t]);
  for (int t = 0; t < 6; ++t) CHECK_EQUAL(order.offset[t], offset[t]);
  CHECK_EQUAL(order.last_row(0), 14);
  CHECK_EQUAL(order.last_row(4), 4);
}

TEST(order_gives_each_step_of_each_sequence_one_row) {
  Order order;  // one object for all: set() forgets the batch before
  for (const std::vector<i64>& lengths : batches) {
    harness::Scope scope("batch of " + harness::text(lengths.size()));
    order.set(i64(lengths.size()), lengths.data());
    std::vector<int> seen(order.rows, 0);
    i64 total = 0;
    for (i64 p = 0; p < order.n; ++p) {
      CHECK_EQUAL(order.length[p], lengths[order.sequence[p]]);
      total += order.length[p];
      for (i64 t = 0; t < order.length[p]; ++t) {
        CHECK(p < order.active[t]);
        ++seen[order.row(t, p)];
      }
    }
    CHECK_EQUAL(order.rows, total);
    for (int count : seen) CHECK_EQUAL(count, 1);
  }
}

TEST(order_mirrors_step_t_of_a_sequence_into_step_t_from_its_end) {
  Order order;
  for (const std::vector<i64>& lengths : batches) {
    order.set(i64(lengths.size()), lengths.data());
    for (i64 p = 0; p < order.n; ++p)
      for (i64 t = 0; t < order.length[p]; ++t)
        CHECK_EQUAL(order.mirror[order.row(t, p)], order.row(order.length[p] - 1 - t, p));
  }
}
