// Weight gradients: one blocked outer product over all rows of a batch, after the loop over time.
//
// C[m][n] = sum over rows of A[row][m] * B[row][n]. Both sides are packed a block of rows at a time; a tile of C stays
// in registers over the block. Each C element is summed in the order of the rows by one thread: the same bits however
// the m are shared out.
#pragma once

#include "gemm.h"

namespace tg::TG_ISA {

inline constexpr int outer_vectors = 3;
inline constexpr int outer_rows = tile_accumulators / outer_vectors;  // m in a tile
inline constexpr i64 outer_block = 128;                               // rows packed at a time
inline constexpr i64 outer_chunk = 64;                                // m packed at a time
static_assert(outer_chunk % outer_rows == 0);

// Some columns of B: `width` values of each row.
template <class T>
struct Columns {
  Rows<const T> rows;
  i64 width;
};

template <class T>
struct Outer {
  static constexpr int L = Simd<T>::lanes;

  // Padded columns of C: each source starts at a whole vector.
  static i64 padded(const Columns<T>* sources, int count) {
    i64 total = 0;
    for (int s = 0; s < count; ++s) total += round_up(sources[s].width, L);
    return total;
  }
  static i64 scratch_size(i64 n_padded) { return outer_block * (n_padded + outer_chunk); }
  static i64 c_size(i64 m_count, i64 n_padded) { return round_up(m_count, outer_rows) * n_padded; }

  // c [round_up(m1 - m0, outer_rows), n_padded] and sums [m1 - m0] (may be null) are overwritten, or added to.
  // scratch has scratch_size(n_padded) values.
  static void run(i64 rows, const T* a, i64 a_stride, i64 m0, i64 m1, const Columns<T>* sources, int source_count, T* c,
                  T* sums, T* scratch, bool add = false) {
    const i64 n_padded = padded(sources, source_count);
    T* b_block = scratch;
    T* a_block = scratch + outer_block * n_padded;
    if (!add) std::memset(static_cast<void*>(c), 0, sizeof(T) * size_t(c_size(m1 - m0, n_padded)));
    if (!add && sums != nullptr) std::memset(static_cast<void*>(sums), 0, sizeof(T) * size_t(m1 - m0));
    for (i64 r0 = 0; r0 < rows; r0 += outer_block) {
      const i64 count = smaller(outer_block, rows - r0);
      pack_b(r0, count, sources, source_count, n_padded, b_block);
      for (i64 m = m0; m < m1; m += outer_chunk) {
        const i64 wide = smaller(outer_chunk, m1 - m);
        pack_a(count, a + r0 * a_stride + m, a_stride, wide, a_block, sums == nullptr ? nullptr : sums + (m - m0));
        for (i64 n0 = 0; n0 < n_padded; n0 += outer_vectors * L) {
          const i64 vectors = smaller(outer_vectors, (n_padded - n0) / L);
          const T* b = b_block + n0 * count;
          for (i64 p = 0; p < wide; p += outer_rows) {
            T* to = c + (m - m0 + p) * n_padded + n0;
            const T* left = a_block + p * count;
            if (vectors == 3) tile<3>(count, left, b, to, n_padded);
            if (vectors == 2) tile<2>(count, left, b, to, n_padded);
            if (vectors == 1) tile<1>(count, left, b, to, n_padded);
          }
        }
      }
    }
  }

 private:
  // b_block: for each group of outer_vectors vectors, [row][vector][lane].
  static void pack_b(i64 r0, i64 count, const Columns<T>* sources, int source_count, i64 n_padded, T* to) {
    i64 column = 0;
    for (int s = 0; s < source_count; ++s) {
      const i64 width = sources[s].width;
      for (i64 j = 0; j < width; j += L, column += L) {
        const i64 group_first = column / (outer_vectors * L) * (outer_vectors * L);
        const i64 wide = smaller(outer_vectors * L, n_padded - group_first);
        T* out = to + group_first * count + (column - group_first);
        const i64 part = width - j;
        if (part >= L) {
          for (i64 i = 0; i < count; ++i) store<T>(out + i * wide, load<T>(sources[s].rows.at(r0 + i) + j));
        } else {
          for (i64 i = 0; i < count; ++i) store<T>(out + i * wide, load_part<T>(sources[s].rows.at(r0 + i) + j, part));
        }
      }
    }
  }

  // a_block: for each tile of outer_rows m, [row][m]; m past `wide` are zero. Adds the block's column sums to sums.
  static void pack_a(i64 count, const T* a, i64 stride, i64 wide, T* to, T* sums) {
    T block_sums[outer_chunk] = {};
    const i64 whole = wide / outer_rows * outer_rows;
    for (i64 i = 0; i < count; ++i) {
      const T* row = a + i * stride;
      for (i64 p = 0; p < whole; p += outer_rows) {
        T part[outer_rows];
        std::memcpy(part, row + p, sizeof part);
        std::memcpy(to + p * count + i * outer_rows, part, sizeof part);
        for (int m = 0; m < outer_rows; ++m) block_sums[p + m] += part[m];
      }
      if (whole < wide) {
        T part[outer_rows] = {};
        for (i64 m = whole; m < wide; ++m) part[m - whole] = row[m];
        std::memcpy(to + whole * count + i * outer_rows, part, sizeof part);
        for (i64 m = whole; m < wide; ++m) block_sums[m] += row[m];
      }
    }
    if (sums != nullptr)
      for (i64 m = 0; m < wide; ++m) sums[m] += block_sums[m];
  }

  template <int vectors>
  static void tile(i64 count, const T* a, const T* b, T* c, i64 c_stride) {
    Vec<T> acc[outer_rows][vectors] = {};
    for (i64 k = 0; k < count; ++k) {
      Vec<T> w[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) w[v] = load<T>(b + v * L);
#pragma GCC unroll 8
      for (int m = 0; m < outer_rows; ++m) {
        const Vec<T> x = set1<T>(a[m]);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) acc[m][v] = fma(x, w[v], acc[m][v]);
      }
      a += outer_rows;
      b += vectors * L;
    }
#pragma GCC unroll 8
    for (int m = 0; m < outer_rows; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        T* to = c + m * c_stride + v * L;
        store<T>(to, load<T>(to) + acc[m][v]);
      }
  }
};

}  // namespace tg::TG_ISA
