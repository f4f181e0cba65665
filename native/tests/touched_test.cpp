// Which rows of an embedding a batch reads.
#include "touched.h"

#include <vector>

#include "harness.h"

using tg::i64;

TEST(touched_lists_ids_ascending_each_with_its_rows_ascending) {
  tg::Touched touched;
  const std::vector<std::int32_t> ids = {7, 0, 7, 3, 0, 7};
  touched.set(6, ids.data());
  const std::vector<i64> id = {0, 3, 7}, first = {0, 2, 3, 6}, row = {1, 4, 3, 0, 2, 5};
  CHECK_EQUAL(touched.count, 3);
  CHECK_BITS(std::vector<i64>(touched.id, touched.id + 3), id);
  CHECK_BITS(std::vector<i64>(touched.first, touched.first + 4), first);
  CHECK_BITS(std::vector<i64>(touched.row, touched.row + 6), row);
}

TEST(touched_forgets_the_batch_before) {
  tg::Touched touched;
  const std::vector<std::int32_t> many = {5, 4, 3, 2, 1, 0}, one = {9};
  touched.set(6, many.data());
  CHECK_EQUAL(touched.count, 6);
  touched.set(1, one.data());
  CHECK_EQUAL(touched.count, 1);
  CHECK_EQUAL(touched.id[0], 9);
  CHECK_EQUAL(touched.first[1], 1);
  CHECK_EQUAL(touched.row[0], 0);
}
