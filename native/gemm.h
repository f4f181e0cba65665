// Products over packed panels: the only place that blocks registers.
//
// A panel holds, for a group of `group` vectors of output columns, the weights of each k side by side: [k][vector][lane].
// A tile of some rows by one group stays in registers over k. Few rows take several panels at once, so that there are
// always enough independent sums to hide the latency of a multiply-add. Every output is one chain of multiply-adds in
// the order of k, whatever the tile, so a row's result never depends on the rows beside it.
#pragma once

#include "simd.h"
#include "threads.h"

namespace tg::TG_ISA {

// 12 accumulators of 16 registers, or 24 of 32.
#if TG_VECTOR_BYTES == 64 || defined(__aarch64__)
inline constexpr int tile_accumulators = 24;
inline constexpr int group = 4;  // vectors in a panel
#else
inline constexpr int tile_accumulators = 12;
inline constexpr int group = 2;
#endif
inline constexpr int tile_rows = tile_accumulators / group;  // 6
inline constexpr i64 panel_bytes = 16384;  // of a panel that one pass over the rows uses: half of the first cache

// Rows of values anywhere in memory: at pointers[i], or where that is null at base + i * stride.
template <class T>
struct Rows {
  T* const* pointers = nullptr;
  T* base = nullptr;
  i64 stride = 0;
  TG_INLINE T* at(i64 i) const { return pointers != nullptr ? pointers[i] : base + i * stride; }
};

// How the columns of a weight lie in a row of activations: `count` blocks of `width` columns, each block padded to
// `padded` in the row. Rows of the user's are one block without padding; a layer's states are one block a direction.
struct Blocks {
  i64 count = 1, width = 0, padded = 0;
  i64 columns() const { return count * width; }
  i64 row() const { return count * padded; }
};

// The right-hand side of a product, [K, N] packed into panels; the last one may be narrower.
template <class T>
struct Panels {
  const T* data = nullptr;  // the panel of column n starts at n * K
  i64 K = 0, N = 0;
  static constexpr i64 wide = group * Simd<T>::lanes;

  static i64 size(i64 K, i64 N) { return K * round_up(N, Simd<T>::lanes); }

  // N = in.row(): row k is row(k), whose columns lie as `in` tells.
  template <class Row>
  void pack_rows(T* to, i64 k_count, const Blocks& in, Row&& row) {
    K = k_count;
    N = in.row();
    data = to;
    for (i64 n0 = 0; n0 < N; n0 += wide) {
      const i64 width = panel_width(n0);
      for (i64 k = 0; k < K; ++k, to += width) {
        const T* from = row(k);
        if (in.width == in.padded) {
          const i64 real = smaller(width, N - n0);
          std::memcpy(to, from + n0, sizeof(T) * size_t(real));
          for (i64 i = real; i < width; ++i) to[i] = 0;
        } else {
          for (i64 i = 0; i < width; ++i) {
            const i64 b = (n0 + i) / in.padded, at = (n0 + i) % in.padded;
            to[i] = b < in.count && at < in.width ? from[b * in.width + at] : T(0);
          }
        }
      }
    }
  }

  // K = in.row(), from the transpose: column n is row(n), whose columns lie as `in` tells, or zero where that is null.
  template <class Row>
  void pack_transposed(T* to, i64 n_count, const Blocks& in, Row&& row) {
    K = in.row();
    N = n_count;
    data = to;
    parallel((N + wide - 1) / wide, [&](i64 g) {
      const i64 n0 = g * wide, width = panel_width(n0);
      T* const panel = to + n0 * K;
      for (i64 i = 0; i < width; ++i) {
        const T* from = n0 + i < N ? row(n0 + i) : nullptr;
        for (i64 b = 0; b < in.count; ++b) {
          T* const out = panel + b * in.padded * width + i;
          for (i64 j = 0; j < in.width; ++j) out[j * width] = from != nullptr ? from[b * in.width + j] : T(0);
          for (i64 j = in.width; j < in.padded; ++j) out[j * width] = T(0);
        }
      }
    });
  }

  i64 panel_width(i64 n0) const { return smaller(round_up(N - n0, Simd<T>::lanes), wide); }
};

// acc[m][p * vectors + v] += sum over k of a[m][k] * panel[p * apart + k][v]
template <class T, int rows, int panels, int vectors>
TG_INLINE void accumulate(Vec<T> (&acc)[rows][panels * vectors], const T* const (&a)[rows], i64 count, const T* panel,
                          i64 apart) {
  constexpr int L = Simd<T>::lanes, wide = panels * vectors;
  for (i64 k = 0; k < count; ++k) {
    // The side with fewer registers is held, the other streamed.
    if constexpr (rows < wide) {
      Vec<T> x[rows];
#pragma GCC unroll 8
      for (int m = 0; m < rows; ++m) x[m] = set1<T>(a[m][k]);
#pragma GCC unroll 16
      for (int v = 0; v < wide; ++v) {
        const Vec<T> w = load<T>(panel + v / vectors * apart + v % vectors * L);
#pragma GCC unroll 8
        for (int m = 0; m < rows; ++m) acc[m][v] = fma(x[m], w, acc[m][v]);
      }
    } else {
      Vec<T> w[wide];
#pragma GCC unroll 16
      for (int v = 0; v < wide; ++v) w[v] = load<T>(panel + v / vectors * apart + v % vectors * L);
#pragma GCC unroll 8
      for (int m = 0; m < rows; ++m) {
        const Vec<T> x = set1<T>(a[m][k]);
#pragma GCC unroll 16
        for (int v = 0; v < wide; ++v) acc[m][v] = fma(x, w[v], acc[m][v]);
      }
    }
    panel += vectors * L;
  }
}

// What product() computes: c[i][n] = start + sum over k of a[i][k] * panels[k][n] for i in [0, rows).
// start is c itself where `add`, else bias (zero where that is null). Rows of c need no padding: nothing is written past
// N. A row of a holds K values in blocks of `segment` that lie `gap` apart (segment = K: one block).
template <class T>
struct Product {
  i64 rows;
  Rows<const T> a;
  i64 segment, gap;
  Rows<T> c;
  const Panels<T>& panels;
  bool add;
  const T* bias;

  static constexpr int L = Simd<T>::lanes;

  void run() const {
    const i64 whole = panels.N / (group * L);  // panels without a tail
    if (rows == 1)
      few<1>(whole);
    else if (rows == 2)
      few<2>(whole);
    else if (rows == 3)
      few<3>(whole);
    else
      for (i64 g = 0; g < whole; ++g) many<group>(g * group * L);
    const i64 n0 = whole * group * L, tail = (panels.N - n0 + L - 1) / L;
    if (tail == 1) many<1>(n0);
    if constexpr (group > 2) {
      if (tail == 2) many<2>(n0);
      if (tail == 3) many<3>(n0);
    }
    if (tail == group) many<group>(n0);
  }

 private:
  // Up to three rows: all of k at once, several panels side by side.
  template <int m>
  void few(i64 whole) const {
    constexpr int side = m == 1 ? (group == 2 ? 6 : 4) : tile_accumulators / (m * group);
    i64 g = 0;
    for (; g + side <= whole; g += side) tile<m, side, group>(0, g * group * L, 0, panels.K, 0);
    for (; g < whole; ++g) tile<m, 1, group>(0, g * group * L, 0, panels.K, 0);
  }

  // One panel and all rows, a part of the panel that stays in the first cache at a time.
  template <int vectors>
  void many(i64 n0) const {
    constexpr i64 pass = larger(16, panel_bytes / (vectors * TG_VECTOR_BYTES));
    for (i64 s = 0; s * segment < panels.K; ++s)
      for (i64 k0 = 0; k0 < segment; k0 += pass) {
        const i64 count = smaller(pass, segment - k0), tiles = (rows + tile_rows - 1) / tile_rows;
        for (i64 i = 0, first = 0; i < tiles; ++i) {
          const i64 m = (rows - first + (tiles - i) - 1) / (tiles - i);
          if (m == 6) tile<6, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          if (m == 5) tile<5, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          if (m == 4) tile<4, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          if (m == 3) tile<3, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          if (m == 2) tile<2, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          if (m == 1) tile<1, 1, vectors>(first, n0, s * segment + k0, count, s * gap + k0);
          first += m;
        }
      }
  }

  // Rows [i0, i0 + m) by columns from n0, over `count` values of k from k0, which lie at `at` in a row of a; over all
  // segments where count is K.
  template <int m, int side, int vectors>
  __attribute__((noinline)) void tile(i64 i0, i64 n0, i64 k0, i64 count, i64 at) const {
    constexpr int wide = side * vectors;
    Vec<T> acc[m][wide];
    const T* left[m];
    T* out[m];
    const i64 tail = side > 1 ? L : smaller(L, panels.N - n0 - (vectors - 1) * L);  // columns in the last vector
    const bool from_c = add || k0 > 0;
#pragma GCC unroll 8
    for (int r = 0; r < m; ++r) {
      left[r] = a.at(i0 + r) + at;
      out[r] = c.at(i0 + r) + n0;
#pragma GCC unroll 16
      for (int v = 0; v < wide; ++v) {
        const T* from = (from_c ? out[r] : bias + n0) + v * L;
        if (!from_c && bias == nullptr)
          acc[r][v] = Vec<T>{};
        else if (v + 1 < wide || tail == L)
          acc[r][v] = load<T>(from);
        else
          acc[r][v] = load_part<T>(from, tail);
      }
    }
    const T* weights = panels.data + n0 * panels.K + k0 * (vectors * L);
    const i64 apart = group * L * panels.K;
    for (i64 done = 0; done < count; done += segment) {
      const i64 some = smaller(segment, count - done);
      accumulate<T, m, side, vectors>(acc, left, some, weights, apart);
      weights += some * vectors * L;
#pragma GCC unroll 8
      for (int r = 0; r < m; ++r) left[r] += gap;
    }
#pragma GCC unroll 8
    for (int r = 0; r < m; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < wide; ++v) {
        if (v + 1 < wide || tail == L)
          store<T>(out[r] + v * L, acc[r][v]);
        else
          store_part<T>(out[r] + v * L, acc[r][v], tail);
      }
  }
};

template <class T>
inline void product(i64 rows, Rows<const T> a, i64 segment, i64 gap, Rows<T> c, const Panels<T>& panels, bool add,
                    const T* bias) {
  Product<T>{rows, a, segment, gap, c, panels, add, bias}.run();
}

}  // namespace tg::TG_ISA
