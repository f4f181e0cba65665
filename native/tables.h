// Parameters as tables of rows, and which thread has which of their rows.
//
// A thread packs the same rows of a weight that it updates, so that they stay in the cache of its core. Rows go by blocks, and
// parallel() gives a thread neighbouring tasks: of a job with a task for each block, and of one with a task for each thread's
// share of all blocks, it gets the same.
#pragma once

#include "threads.h"

namespace tg::TG_ISA {

inline constexpr i64 row_block = 16;  // a multiple of the lanes of every vector
constexpr i64 row_blocks(i64 rows) { return (rows + row_block - 1) / row_block; }

// body(first, last) for blocks of rows.
template <class Body>
inline void each_rows(i64 rows, Body&& body) {
  parallel(row_blocks(rows), [&](i64 b) { body(b * row_block, smaller(rows, (b + 1) * row_block)); });
}

// `segments` times `rows` rows of `width` parameters each, from `first` on in the flat buffer. Segments are cut alike: they are
// the gates of the same units.
struct Table {
  i64 first, segments, rows, width;
  i64 place = 0, of = row_blocks(rows);  // of its blocks among those of tables that are packed as one job

  i64 end() const { return first + segments * rows * width; }
  i64 row(i64 segment, i64 i) const { return first + (segment * rows + i) * width; }
  // The first row of the part-th share of so many.
  i64 share(i64 part, i64 parts) const {
    return smaller(rows, larger(0, part * of / parts - place) * row_block);
  }
};

}  // namespace tg::TG_ISA
