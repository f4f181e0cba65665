// Products over packed panels: the only place, with outer.h, that blocks registers.
//
// A tile of some rows by one panel stays in registers over k. Few rows take several panels at once, so that there are
// always enough independent sums to hide the latency of a multiply-add. Every output is one chain of multiply-adds in
// the order of k, or the sum in order of chains that are cut the same for any rows (Start::runs), whatever the tile; so a
// row's result never depends on the rows beside it.
#pragma once

#include "panels.h"
#include "soon.h"

namespace tg::TG_ISA {

inline constexpr i64 run_length = 256;  // values of k in a chain of Start::runs, at most
inline constexpr int line_vectors = TG_VECTOR_BYTES < 64 ? 64 / TG_VECTOR_BYTES : 1;  // in a line of the cache
inline constexpr i64 weights_ahead = 16;  // values of k: the weights of a tile are fetched so far ahead
  // weights beyond this size are fetched one pass ahead

// acc[m][p * vectors + v] += sum over k of a[m][k] * panel[p * apart + k][v].
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
      for (int v = 0; v < wide; v += line_vectors) __builtin_prefetch(panel + weights_ahead * vectors * L + v * L);
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

// Where a product starts: at its bias, at zero, or at what c holds. `runs` adds to c too, but each run of k (a segment, or
// run_length values of a long one) is a chain of its own, and the chains are added in order: a single row can take some at once.
enum class Start { bias, zero, sum, runs };

// c[i][n] = start + sum over k of left[i][k] * panels[k][n], for i in [0, rows). Rows of c need no padding: nothing is
// written past N.
template <class T>
struct Product {
  i64 rows;
  Left<T> left;
  Rows<T> c;
  const Panels<T>& panels;
  Start start;
  const T* bias;
  bool backwards = false;  // last panel first: a loop that alternates finds half of the weights still in the cache
  Soon* soon = nullptr;

  static constexpr int L = Simd<T>::lanes;

  void run() const {
    if (panels.N <= L / 2) return narrow();
    if (soon != nullptr) soon->share_among((rows + tile_rows - 1) / tile_rows * ((panels.N + group * L - 1) / (group * L)));
    const i64 whole = panels.N / (group * L);  // panels without a tail
    if (rows <= 3) {
      if (rows == 1) few<1>(whole);
      if (rows == 2) few<2>(whole);
      if (rows == 3) few<3>(whole);
    } else {
      for (i64 g = 0; g < whole; ++g) many<group>((backwards ? whole - 1 - g : g) * group * L);
    }
    const i64 n0 = whole * group * L, tail = (panels.N - n0 + L - 1) / L;
    if (tail == 1) many<1>(n0);
    if constexpr (group > 2) {
      if (tail == 2) many<2>(n0);
      if (tail == 3) many<3>(n0);
    }
    if (tail == group) many<group>(n0);
  }

 private:
  // A run of k: `count` values from k0 on, at `at` in each row.
  struct Run {
    i64 at, count, k0;
  };

  // body(run) for all of k, in runs of at most `most` values.
  template <class Body>
  TG_INLINE void each_run(i64 most, Body&& body) const {
    i64 k = 0;
    for (i64 s = 0; s < left.segments; ++s)
      for (i64 at = 0; at < left.segment; at += most) {
        const i64 count = smaller(most, left.segment - at);
        body(Run{s * left.gap + at, count, k});
        k += count;
      }
  }

  // Up to three rows: all of k at once, several panels side by side.
  template <int m>
  void few(i64 whole) const {
    if (start == Start::runs) {
      for (i64 g = 0; g < whole; ++g) beside<m>((backwards ? whole - 1 - g : g) * group * L);
      return;
    }
    constexpr int side = m == 1 ? (group == 2 ? 6 : 2) : tile_accumulators / (m * group);
    const i64 blocks = whole / side;
    if (backwards)
      for (i64 g = whole - 1; g >= blocks * side; --g) all<m, 1>(g * group * L);
    for (i64 b = 0; b < blocks; ++b) all<m, side>((backwards ? blocks - 1 - b : b) * side * group * L);
    if (!backwards)
      for (i64 g = blocks * side; g < whole; ++g) all<m, 1>(g * group * L);
  }

  template <int m, int side>
  void all(i64 n0) const {
    Tile<m, side, group> tile(*this, 0, n0);
    tile.begin(start);
    each_run(panels.K, [&](const Run& run) { tile.add(run); });
    tile.end(start);
  }

  // Some runs of one panel at once.
  template <int m>
  void beside(i64 n0) const {
    constexpr int most = 4 / m;  // 4, 2, 1
    Run held[most];
    int count = 0;
    auto flush = [&] {
      bool even = count == most;
      for (int i = 1; i < count; ++i) even = even && held[i].count == held[0].count;
      if (even)
        chains<m, most>(n0, held);
      else
        for (int i = 0; i < count; ++i) chains<m, 1>(n0, held + i);
      count = 0;
    };
    each_run(run_length, [&](const Run& run) {
      held[count++] = run;
      if (count == most) flush();
    });
    flush();
  }

  template <int m, int n, int two>
  static TG_INLINE void some(Vec<T> (&acc)[m][n][group], const T* const (&left)[m][n], int first, i64 count, const T* weights,
                             i64 apart) {
    weights += first * apart;
    for (i64 k = 0; k < count; ++k, weights += group * L)
#pragma GCC unroll 4
      for (int i = 0; i < two; ++i) {
        Vec<T> x[m];
#pragma GCC unroll 4
        for (int r = 0; r < m; ++r) x[r] = set1<T>(left[r][first + i][k]);
#pragma GCC unroll 4
        for (int v = 0; v < group; ++v) {
          const Vec<T> w = load<T>(weights + i * apart + v * L);
#pragma GCC unroll 4
          for (int r = 0; r < m; ++r) acc[r][first + i][v] = fma(x[r], w, acc[r][first + i][v]);
        }
      }
  }

  template <int m, int n>
  void chains(i64 n0, const Run* runs) const {
    Vec<T> acc[m][n][group] = {};
    const T* left[m][n];
    for (int r = 0; r < m; ++r)
      for (int i = 0; i < n; ++i) left[r][i] = this->left.rows.at(r) + runs[i].at;
    const T* const weights = panels.data + n0 * panels.K + runs[0].k0 * (group * L);
    const i64 apart = runs[0].count * (group * L);
    // two at a time, and the two that were last the time before first: their weights are still in the cache
    constexpr int two = n > 1 ? 2 : 1;
    if (!backwards)
#pragma GCC unroll 4
      for (int i = 0; i < n; i += two) some<m, n, two>(acc, left, i, runs[0].count, weights, apart);
    else
#pragma GCC unroll 4
      for (int i = n - two; i >= 0; i -= two) some<m, n, two>(acc, left, i, runs[0].count, weights, apart);
#pragma GCC unroll 4
    for (int r = 0; r < m; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < group; ++v) {
        T* const to = c.at(r) + n0 + v * L;
        Vec<T> sum = load<T>(to);
#pragma GCC unroll 4
        for (int i = 0; i < n; ++i) sum += acc[r][i][v];
        store<T>(to, sum);
      }
  }

  // One panel and all rows.
  template <int vectors>
  void many(i64 n0) const {
    const i64 tiles = (rows + tile_rows - 1) / tile_rows;
    for (i64 i = 0, done = 0; i < tiles; ++i) {
      const i64 m = (rows - done + (tiles - i) - 1) / (tiles - i);
      if (m == 6) whole_tile<6, vectors>(done, n0);
      if (m == 5) whole_tile<5, vectors>(done, n0);
      if (m == 4) whole_tile<4, vectors>(done, n0);
      if (m == 3) whole_tile<3, vectors>(done, n0);
      if (m == 2) whole_tile<2, vectors>(done, n0);
      if (m == 1) whole_tile<1, vectors>(done, n0);
      done += m;
      if (soon != nullptr) soon->some();
    }
  }

  template <int m, int vectors>
  __attribute__((noinline)) void whole_tile(i64 i0, i64 n0) const {
    Tile<m, 1, vectors> tile(*this, i0, n0);
    if (start != Start::runs) {
      tile.begin(start);
      each_run(panels.K, [&](const Run& run) { tile.add(run); });
      tile.end(start);
    } else {
      each_run(run_length, [&](const Run& run) {
        tile.begin(start);
        tile.add(run);
        tile.end(start);
      });
    }
  }

  // Rows [i0, i0 + m) by `side` panels from column n0, in registers.
  template <int m, int side, int vectors>
  struct Tile {
    static constexpr int wide = side * vectors;
    const Product& p;
    i64 i0, n0;
    i64 tail;  // columns in the last vector
    Vec<T> acc[m][wide];

    TG_INLINE Tile(const Product& product, i64 row, i64 column)
        : p(product), i0(row), n0(column), tail(side > 1 ? L : smaller(L, p.panels.N - n0 - (vectors - 1) * L)) {}

    TG_INLINE void begin(Start from) {
      each([&](T* c, int v, Vec<T>& a) {
        const T* at = (from == Start::sum ? c : p.bias + n0) + v * L;
        if (from == Start::zero || from == Start::runs)
          a = Vec<T>{};
        else
          a = get(at, v);
      });
    }

    TG_INLINE void add(const Run& run) {
      const T* left[m];
#pragma GCC unroll 8
      for (int r = 0; r < m; ++r) left[r] = p.left.rows.at(i0 + r) + run.at;
      const T* const weights = p.panels.data + n0 * p.panels.K + run.k0 * (vectors * L);
      accumulate<T, m, side, vectors>(acc, left, run.count, weights, group * L * p.panels.K);
    }

    TG_INLINE void end(Start from) {
      each([&](T* c, int v, Vec<T>& a) {
        T* const to = c + v * L;
        if (from == Start::runs) a = get(to, v) + a;
        if (v + 1 < wide || tail == L)
          store<T>(to, a);
        else
          store_part<T>(to, a, tail);
      });
    }

    TG_INLINE Vec<T> get(const T* at, int v) const { return v + 1 < wide || tail == L ? load<T>(at) : load_part<T>(at, tail); }

    template <class Body>
    TG_INLINE void each(Body&& body) {
#pragma GCC unroll 8
      for (int r = 0; r < m; ++r) {
        T* const c = p.c.at(i0 + r) + n0;
#pragma GCC unroll 16
        for (int v = 0; v < wide; ++v) body(c, v, acc[r][v]);
      }
    }
  };

  // The lanes along k; the lanes of each sum are added up at the end.
  void narrow() const {
    const i64 columns = Panels<T>::narrow_columns(panels.N);
    if (columns == 1) return dots<1>();
    if constexpr (L >= 4)
      if (columns == 2) return dots<2>();
    if constexpr (L >= 8)
      if (columns == 4) return dots<4>();
    if constexpr (L >= 16)
      if (columns == 8) return dots<8>();
  }

  template <int columns>
  void dots() const {
    constexpr int m = columns > 4 ? 2 : 4;
    i64 i = 0;
    for (; i + m <= rows; i += m) dots<columns, m>(i);
    for (; i < rows; ++i) dots<columns, 1>(i);
  }

  template <int columns, int m>
  void dots(i64 i0) const {
    Vec<T> acc[m][columns] = {};
    const T* w = panels.data;
    each_run(panels.K, [&](const Run& run) {
      const T* left[m];
      for (int r = 0; r < m; ++r) left[r] = this->left.rows.at(i0 + r) + run.at;
      auto step = [&](i64 k, i64 some) {
        Vec<T> a[m];
#pragma GCC unroll 4
        for (int r = 0; r < m; ++r) a[r] = some == L ? load<T>(left[r] + k) : load_part<T>(left[r] + k, some);
#pragma GCC unroll 8
        for (int n = 0; n < columns; ++n)
#pragma GCC unroll 4
          for (int r = 0; r < m; ++r) acc[r][n] = fma(a[r], load<T>(w + n * L), acc[r][n]);
        w += columns * L;
      };
      i64 k = 0;
      for (; k + L <= run.count; k += L) step(k, L);
      if (k < run.count) step(k, run.count - k);
    });
    // A tree that halves the number of vectors until each lane is a sum; the same for any number of rows.
    constexpr int sums = m * columns;
    Vec<T> tree[sums];
#pragma GCC unroll 16
    for (int i = 0; i < sums; ++i) tree[i] = acc[i / columns][i % columns];
#pragma GCC unroll 4
    for (int some = sums, each = L; each > 1; some = (some + 1) / 2, each /= 2)
#pragma GCC unroll 8
      for (int i = 0; i < (some + 1) / 2; ++i) tree[i] = pair_sums<T>(tree[2 * i], tree[some > 1 ? 2 * i + 1 : 0]);
    T sum[larger(L, sums)];
#pragma GCC unroll 4
    for (int i = 0; i < (sums + L - 1) / L; ++i) store<T>(sum + i * L, tree[i]);
    for (int r = 0; r < m; ++r) {
      T* const out = c.at(i0 + r);
      for (i64 n = 0; n < panels.N; ++n)
        out[n] = sum[r * columns + n] + (start == Start::sum || start == Start::runs ? out[n] : start == Start::bias ? bias[n] : T(0));
    }
  }
};

// One left-hand side of K values side by side.
template <class T>
inline void product(i64 rows, Rows<const T> a, Rows<T> c, const Panels<T>& panels, const T* bias) {
  Product<T>{rows, {a, panels.K}, c, panels, bias != nullptr ? Start::bias : Start::zero, bias}.run();
}

}  // namespace tg::TG_ISA
