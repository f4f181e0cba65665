// Weight gradients: one blocked outer product over all rows of a batch, after the loop over time.
//
// C[m][n] = sum over rows of A[row][m] * B[row][n], with A the inputs of a weight (states, data) and B the gradients of
// what it leads to (gates). Both are packed a block of rows at a time, A in strips of some inputs and B in panels, so that
// rows that lie a power of two apart do not meet in the cache; a tile of C stays in registers over the block. Each C
// element is summed in the order of the rows by one thread: the same bits however the columns are shared out.
#pragma once

#include "gemm.h"

namespace tg::TG_ISA {

inline constexpr i64 outer_block = 128;             // rows packed at a time: a panel of them stays in the first cache
inline constexpr i64 outer_strip = 4 * tile_rows;  // inputs side by side in the packed A

// A part of A: `width` values of each row, from the first on.
template <class T>
struct Source {
  const T* const* rows;
  i64 width, first = 0;
};

// The gradients of a weight with several sources, side by side in C from its column m on.
template <class T>
struct Outer {
  static constexpr int L = Simd<T>::lanes;
  static constexpr i64 panel = group * L;  // columns

  i64 rows;
  const Source<T>* sources;
  int source_count;
  const T* b;  // [rows, b_stride], `columns` of each
  i64 b_stride, columns;

  i64 inputs() const {
    i64 total = 0;
    for (int s = 0; s < source_count; ++s) total += sources[s].width;
    return total;
  }
  static i64 scratch_size(i64 inputs) { return outer_block * (panel + round_up(inputs, L)); }
  // C is held in panels: the one of column n starts at n * inputs, as [m][panel], the last one as wide as its vectors.
  static i64 c_size(i64 inputs, i64 columns) { return inputs * round_up(columns, L); }
  static i64 panel_width(i64 columns, i64 n0) { return smaller(round_up(columns - n0, L), panel); }

  // c and sums [round_up(columns, L)] (may be null) are overwritten, or added to; there is a row at least. scratch:
  // scratch_size(inputs()) values.
  void run(T* c, T* sums, T* scratch, bool add = false) const {
    const i64 m_count = inputs();
    for (i64 r0 = 0; r0 < rows; r0 += outer_block, add = true) {
      const i64 count = smaller(outer_block, rows - r0);
      T* const a = scratch + outer_block * panel;
      pack_inputs(r0, count, m_count, a);
      for (i64 n0 = 0; n0 < columns; n0 += panel) {
        const i64 vectors = panel_width(columns, n0) / L;
        Soon soon = next(r0, n0, m_count);
        T* const to = c + n0 * m_count;
        T* const total = sums == nullptr ? nullptr : sums + n0;
        if (vectors == 1) block<1>(r0, count, n0, m_count, a, to, total, scratch, add, soon);
        if (vectors == 2) block<2>(r0, count, n0, m_count, a, to, total, scratch, add, soon);
        if constexpr (group > 2) {
          if (vectors == 3) block<3>(r0, count, n0, m_count, a, to, total, scratch, add, soon);
          if (vectors == 4) block<4>(r0, count, n0, m_count, a, to, total, scratch, add, soon);
        }
      }
    }
  }

 private:
  // What is packed after the panel of column n0: the next one, and a share of the next rows' inputs.
  Soon next(i64 r0, i64 n0, i64 m_count) const {
    Soon soon;
    const i64 more = n0 + panel, r1 = r0 + outer_block, after = smaller(outer_block, rows - r1);
    if (more < columns)
      soon.add<T>({nullptr, b + r0 * b_stride + more, b_stride}, smaller(outer_block, rows - r0), panel_width(columns, more));
    else
      soon.add<T>({nullptr, b + r1 * b_stride, b_stride}, after, panel_width(columns, 0));
    const i64 panels = (columns + panel - 1) / panel, first = after * (n0 / panel) / panels, last = after * (n0 / panel + 1) / panels;
    for (int s = 0; s < source_count && after > 0; ++s) soon.add<T>({sources[s].rows + r1 + first}, last - first, sources[s].first + sources[s].width);
    soon.share_among((m_count + tile_rows - 1) / tile_rows);
    return soon;
  }

  // to: for each strip of inputs, [row][input]; the last one as narrow as it is.
  void pack_inputs(i64 r0, i64 count, i64 m_count, T* to) const {
    i64 m = 0;  // of all inputs
    for (int s = 0; s < source_count; ++s) {
      const T* const* from = sources[s].rows + r0;
      for (i64 j = 0; j < sources[s].width;) {
        const i64 strip = m / outer_strip * outer_strip, width = smaller(outer_strip, m_count - strip);
        const i64 some = smaller(sources[s].width - j, strip + width - m);
        const i64 at = sources[s].first + j;
        T* out = to + strip * count + (m - strip);
        if (some == outer_strip)
          for (i64 i = 0; i < count; ++i, out += width) std::memcpy(out, from[i] + at, sizeof(T) * outer_strip);
        else
          for (i64 i = 0; i < count; ++i, out += width) copy(out, from[i] + at, some);
        m += some;
        j += some;
      }
    }
  }

  static TG_INLINE void copy(T* to, const T* from, i64 count) {
    i64 i = 0;
    for (; i + L <= count; i += L) store<T>(to + i, load<T>(from + i));
    if (i < count) store_part<T>(to + i, load_part<T>(from + i, count - i), count - i);
  }

  template <int vectors>
  void block(i64 r0, i64 count, i64 n0, i64 m_count, const T* a, T* c, T* sums, T* scratch, bool add, Soon& soon) const {
    pack<vectors>(b + r0 * b_stride + n0, b_stride, count, smaller(columns - n0, vectors * L), scratch, sums, add);
    for (i64 strip = 0; strip < m_count; strip += outer_strip) {
      const i64 width = smaller(outer_strip, m_count - strip), tiles = (width + tile_rows - 1) / tile_rows;
      for (i64 i = 0, m = 0; i < tiles; ++i) {
        const i64 some = (width - m + (tiles - i) - 1) / (tiles - i);
        const T* const left = a + strip * count + m;
        if (some == 6) tile<6, vectors>(count, left, width, scratch, c, add);
        if (some == 5) tile<5, vectors>(count, left, width, scratch, c, add);
        if (some == 4) tile<4, vectors>(count, left, width, scratch, c, add);
        if (some == 3) tile<3, vectors>(count, left, width, scratch, c, add);
        if (some == 2) tile<2, vectors>(count, left, width, scratch, c, add);
        if (some == 1) tile<1, vectors>(count, left, width, scratch, c, add);
        soon.some();
        m += some;
        c += some * vectors * L;
      }
    }
  }

  // Rows of B side by side, with zeros past the last column; the block's column sums to sums, or added to them.
  template <int vectors>
  static void pack(const T* b, i64 stride, i64 count, i64 real, T* to, T* sums, bool add) {
    Vec<T> total[vectors] = {};
    const i64 tail = real - (vectors - 1) * L;
    for (i64 i = 0; i < count; ++i, b += stride, to += vectors * L)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        const Vec<T> x = v + 1 < vectors || tail == L ? load<T>(b + v * L) : load_part<T>(b + v * L, tail);
        store<T>(to + v * L, x);
        total[v] += x;
      }
    if (sums == nullptr) return;
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) store<T>(sums + v * L, (add ? load<T>(sums + v * L) : Vec<T>{}) + total[v]);
  }
  // c [m][vectors * L] = the block's products, or += them; a [count, stride] m inputs.
  template <int m, int vectors>
  static __attribute__((noinline)) void tile(i64 count, const T* a, i64 stride, const T* b, T* c, bool add) {
    Vec<T> acc[m][vectors] = {};
    for (i64 k = 0; k < count; ++k, a += stride, b += vectors * L) {
      Vec<T> w[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) w[v] = load<T>(b + v * L);
#pragma GCC unroll 8
      for (int r = 0; r < m; ++r) {
        const Vec<T> x = set1<T>(a[r]);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) acc[r][v] = fma(x, w[v], acc[r][v]);
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < m; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        T* const to = c + (r * vectors + v) * L;
        store<T>(to, (add ? load<T>(to) : Vec<T>{}) + acc[r][v]);
      }
  }

 public:
  // Of a c of run(), `count` <= L columns from n on, a multiple of L: their inputs [m0, m0 + m_count), column n + i to to(i).
  template <class To>
  static void columns_of(const T* c, i64 inputs, i64 columns, i64 n, i64 count, i64 m0, i64 m_count, To&& to) {
    const i64 n0 = n / panel * panel, width = panel_width(columns, n0);
    const T* const from = c + n0 * inputs + m0 * width + (n - n0);
    i64 m = 0;
    for (; count == L && m + L <= m_count; m += L)
      transpose<T>([&](i64 j) { return from + (m + j) * width; }, [&](i64 i) { return to(i) + m; });
    for (i64 i = 0; i < count; ++i)
      for (i64 j = m; j < m_count; ++j) to(i)[j] = from[j * width + i];
  }
};

}  // namespace tg::TG_ISA
