// Products over packed panels: the only place, with outer.h, that blocks registers.
//
// A tile of some rows by one panel stays in registers over k. Few rows take several panels at once, so that there are
// always enough independent sums to hide the latency of a multiply-add. Every output is one chain of multiply-adds in
// the order of k, or the sum in order of chains that are cut the same for any rows (Start::runs), whatever the tile; so a
// row's result never depends on the rows beside it.
#pragma once

#include "panels.h"

namespace tg::TG_ISA {

inline constexpr i64 panel_bytes = 16384;  // of a panel that one pass over the rows uses: half of the first cache
inline constexpr i64 far_bytes = 1 << 20;  // weights beyond this size are fetched one pass ahead

// acc[m][p * vectors + v] += sum over k of a[m][k] * panel[p * apart + k][v]. Where `far`, half as many weights as are used
// are fetched from `ahead` on meanwhile.
template <class T, int rows, int panels, int vectors, bool far>
TG_INLINE void accumulate(Vec<T> (&acc)[rows][panels * vectors], const T* const (&a)[rows], i64 count, const T* panel,
                          i64 apart, const T* ahead) {
  constexpr int L = Simd<T>::lanes, wide = panels * vectors;
  for (i64 k = 0; k < count; ++k) {
    if constexpr (far) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors * L / 2; v += 64 / int(sizeof(T))) __builtin_prefetch(ahead + v);
      ahead += vectors * L / 2;
    }
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

// Where a product starts: at its bias, at zero, or at what c holds. `runs` adds to c too, but each run of k (a segment, or
// a pass of a long one) is a chain of its own, and the chains are added in order: a single row can take some at once.
enum class Start { bias, zero, sum, runs };

// c[i][n] = start + sum over k of a[i][k] * panels[k][n], for i in [0, rows). The values of k are those of `left`, and
// before them those of `first` where that has any. Rows of c need no padding: nothing is written past N.
template <class T>
struct Product {
  i64 rows;
  Left<T> first, left;
  Rows<T> c;
  const Panels<T>& panels;
  Start start;
  const T* bias;
  bool backwards = false;  // last panel first: a loop that alternates finds half of the weights still in the cache

  static constexpr int L = Simd<T>::lanes;
  template <int vectors>
  static constexpr i64 pass = larger(16, panel_bytes / (vectors * TG_VECTOR_BYTES));  // values of k

  void run() const {
    if (panels.N <= L / 2) return narrow();
    const i64 whole = panels.N / (group * L);  // panels without a tail
    if (rows <= 3) {
      if (rows == 1) few<1>(whole);
      if (rows == 2) few<2>(whole);
      if (rows == 3) few<3>(whole);
    } else {
      const bool far = panels.K * panels.N * i64(sizeof(T)) > far_bytes;
      for (i64 g = 0; g < whole; ++g) {
        const i64 n0 = (backwards ? whole - 1 - g : g) * group * L;
        if (far)
          many<group, true>(n0);
        else
          many<group>(n0);
      }
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
    const Rows<const T>* rows;
    i64 at, count, k0;
  };

  // body(run) for all of k, in runs of at most `most` values.
  template <class Body>
  TG_INLINE void each_run(i64 most, Body&& body) const {
    i64 k = 0;
    auto side = [&](const Left<T>& a) {
      for (i64 s = 0; s < a.segments; ++s)
        for (i64 at = 0; at < a.segment; at += most) {
          const i64 count = smaller(most, a.segment - at);
          body(Run{&a.rows, s * a.gap + at, count, k});
          k += count;
        }
    };
    if (first.segment > 0) side(first);
    side(left);
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
    Tile<m, side, group, false> tile(*this, 0, n0);
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
    each_run(pass<group>, [&](const Run& run) {
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
      for (int i = 0; i < n; ++i) left[r][i] = runs[i].rows->at(r) + runs[i].at;
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

  // One panel and all rows, a part of the panel that stays in the first cache at a time.
  template <int vectors, bool far = false>
  void many(i64 n0) const {
    Run held[2];
    int count = 0;
    i64 length = 0;
    Start from = start;
    auto flush = [&] {
      if (count == 0) return;
      const i64 tiles = (rows + tile_rows - 1) / tile_rows;
      for (i64 i = 0, done = 0; i < tiles; ++i) {
        const i64 m = (rows - done + (tiles - i) - 1) / (tiles - i);
        if (m == 6) part<6, vectors, far>(done, n0, held, count, from);
        if (m == 5) part<5, vectors, far>(done, n0, held, count, from);
        if (m == 4) part<4, vectors, far>(done, n0, held, count, from);
        if (m == 3) part<3, vectors, far>(done, n0, held, count, from);
        if (m == 2) part<2, vectors, far>(done, n0, held, count, from);
        if (m == 1) part<1, vectors, far>(done, n0, held, count, from);
        done += m;
      }
      if (from != Start::runs) from = Start::sum;
      count = 0;
      length = 0;
    };
    constexpr i64 most = pass<vectors>;
    each_run(most, [&](const Run& run) {
      if (count == 2 || length + run.count > most + most / 2 || from == Start::runs) flush();
      held[count++] = run;
      length += run.count;
    });
    flush();
  }

  template <int m, int vectors, bool far>
  __attribute__((noinline)) void part(i64 i0, i64 n0, const Run* runs, int count, Start from) const {
    Tile<m, 1, vectors, far> tile(*this, i0, n0);
    tile.begin(from);
    for (int i = 0; i < count; ++i) tile.add(runs[i]);
    tile.end(from);
  }

  // Rows [i0, i0 + m) by `side` panels from column n0, in registers.
  template <int m, int side, int vectors, bool far>
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
      for (int r = 0; r < m; ++r) left[r] = run.rows->at(i0 + r) + run.at;
      const T* const weights = p.panels.data + n0 * p.panels.K + run.k0 * (vectors * L);
      const i64 used = run.count * (vectors * L);  // every other tile fetches the other half of the pass to come
      accumulate<T, m, side, vectors, far>(acc, left, run.count, weights, group * L * p.panels.K,
                                           weights + used + (i0 / m % 2) * (used / 2));
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
      for (int r = 0; r < m; ++r) left[r] = run.rows->at(i0 + r) + run.at;
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
    for (int r = 0; r < m; ++r) {
      T sums[columns];
#pragma GCC unroll 8
      for (int n = 0; n < columns; ++n) sums[n] = sum_lanes<T>(acc[r][n]);
      T* const out = c.at(i0 + r);
      for (i64 n = 0; n < panels.N; ++n)
        out[n] = sums[n] + (start == Start::sum || start == Start::runs ? out[n] : start == Start::bias ? bias[n] : T(0));
    }
  }
};

// One left-hand side of K values side by side.
template <class T>
inline void product(i64 rows, Rows<const T> a, Rows<T> c, const Panels<T>& panels, const T* bias) {
  Product<T>{rows, {}, {a, panels.K}, c, panels, bias != nullptr ? Start::bias : Start::zero, bias}.run();
}

}  // namespace tg::TG_ISA
