// One step of a cell on some rows and units, from the products to the new states, without leaving the registers.
//
// A tile is some rows by the slots of some units. It starts at the biases, or at what the input's product left, takes up
// input and state over all of k, and is then given to the cell. Each sum is one chain (bias, inputs, states, in the order
// of k), whatever the tile; so a row's result never depends on the rows beside it.
#pragma once

#include <type_traits>

#include "weights.h"

namespace tg::TG_ISA {

template <class T, class Cell>
struct Step {
  i64 n;  // rows
  const LayerWeights<T>& w;
  const T* const* x;  // [n] input rows; joint only
  const T* h_prev;    // [n, Hp]
  const T* c_prev;    // [n, Hp], or null
  T* h;               // [n, Hp] filled
  T* c;               // [n, Hp] filled; may be c_prev
  T* z;               // [n, S, Hp] the input's pre-activations where not joint; what the cell saves after, if `keep`
  bool keep;
  bool backwards;  // last unit first: a loop that alternates finds half of the weights still in the cache
  Soon* soon;

  static constexpr int L = Simd<T>::lanes, G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
  static constexpr int units = S == 1 ? group : 1;  // vectors of units in a panel: see LayerWeights::units
  // Tiles of up to 6 rows (see panel). Slots that no weight of the moment reaches may wait outside the registers.
  static constexpr int most_rows = smaller(6, tile_accumulators / (units * G));
  static constexpr int in_step = larger(3, vectors_in_step);  // vectors of units that the cell takes together
  static constexpr int side_by_side = larger(1, (group == 2 ? 12 : 8) / (units * S));  // panels for a single row

  void run() const {
    const i64 vectors = w.Hp / L, whole = vectors / units;
    if (soon != nullptr) soon->share_among((n + most_rows - 1) / most_rows * whole);
    if (n == 1) {
      const i64 blocks = whole / side_by_side;
      if (backwards) singles(blocks * side_by_side, whole);
      for (i64 b = 0; b < blocks; ++b) tile<1, side_by_side, units>(0, (backwards ? blocks - 1 - b : b) * side_by_side * units);
      if (!backwards) singles(blocks * side_by_side, whole);
    } else {
      for (i64 g = 0; g < whole; ++g) panel<units>((backwards ? whole - 1 - g : g) * units);
    }
    if constexpr (units > 1) {
      const i64 rest = vectors - whole * units;
      if (rest == 1) panel<1>(whole * units);
      if constexpr (units > 2) {
        if (rest == 2) panel<2>(whole * units);
        if (rest == 3) panel<3>(whole * units);
      }
    }
  }

 private:
  void singles(i64 from, i64 to) const {
    for (i64 g = from; g < to; ++g) tile<1, 1, units>(0, g * units);
  }

  // All rows by the units from vector u on.
  template <int U>
  void panel(i64 u) const {
    const i64 tiles = (n + most_rows - 1) / most_rows;
    for (i64 i = 0, done = 0; i < tiles; ++i) {
      const i64 m = (n - done + (tiles - i) - 1) / (tiles - i);
      if (m == 1) tile<1, 1, U>(done, u);
      if (m == 2) tile<2, 1, U>(done, u);
      if (m == 3) tile<3, 1, U>(done, u);
      if constexpr (most_rows > 3) {
        if (m == 4) tile<4, 1, U>(done, u);
        if (m == 5) tile<5, 1, U>(done, u);
        if (m == 6) tile<6, 1, U>(done, u);
      }
      done += m;
      if (soon != nullptr) soon->some();
    }
  }

  template <int m, int side, int U>
  __attribute__((noinline)) void tile(i64 i0, i64 u0) const {
    Vec<T> acc[m][side * U * S];
    start(acc, i0, u0, std::integral_constant<int, side * U>{});
    const i64 inputs = w.joint ? w.input.row() : 0, K = inputs + w.H;
    const T* const weights = w.units.data + u0 * (G * L) * K;
    const T* left[m];
    if (w.joint) {
#pragma GCC unroll 8
      for (int r = 0; r < m; ++r) left[r] = x[i0 + r];
      add<m, side, U, 0>(acc, left, inputs, weights, K);
    }
#pragma GCC unroll 8
    for (int r = 0; r < m; ++r) left[r] = h_prev + (i0 + r) * w.Hp;
    add<m, side, U, A>(acc, left, w.H, weights + inputs * (U * G * L), K);
    finish<m, side * U>(acc, i0, u0);
  }

  // acc = the biases, or what the input's product left.
  template <int m, int W, int N>
  TG_INLINE void start(Vec<T> (&acc)[m][N], i64 i0, i64 u0, std::integral_constant<int, W>) const {
#pragma GCC unroll 8
    for (int r = 0; r < m; ++r) {
      const T* const from = (w.joint ? w.bias : z + (i0 + r) * S * w.Hp) + u0 * L;
#pragma GCC unroll 16
      for (int q = 0; q < W; ++q)
#pragma GCC unroll 4
        for (int s = 0; s < S; ++s) acc[r][q * S + s] = load<T>(from + s * w.Hp + q * L);
    }
  }

  // acc, from slot `first` of each unit on, += left times `count` values of k of the weights.
  template <int m, int side, int U, int first>
  TG_INLINE static void add(Vec<T> (&acc)[m][side * U * S], const T* const (&left)[m], i64 count, const T* weights, i64 K) {
    constexpr int V = U * G;  // vectors of a panel
    for (i64 k = 0; k < count; ++k, weights += V * L) {
      if constexpr (side == 1)
#pragma GCC unroll 4
        for (int v = 0; v < V; v += line_vectors) __builtin_prefetch(weights + (weights_ahead * V + v) * L);
      Vec<T> values[m];
      if constexpr (m < V)
#pragma GCC unroll 8
        for (int r = 0; r < m; ++r) values[r] = set1<T>(left[r][k]);
      if constexpr (m < V) {
#pragma GCC unroll 16
        for (int v = 0; v < side * V; ++v) {
          const Vec<T> weight = load<T>(weights + v / V * (V * L * K) + v % V * L);
#pragma GCC unroll 8
          for (int r = 0; r < m; ++r) {
            Vec<T>& to = acc[r][v / G * S + first + v % G];
            to = fma(values[r], weight, to);
          }
        }
      } else {
        Vec<T> weight[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v) weight[v] = load<T>(weights + v * L);
#pragma GCC unroll 8
        for (int r = 0; r < m; ++r) {
          const Vec<T> value = set1<T>(left[r][k]);
#pragma GCC unroll 16
          for (int v = 0; v < V; ++v) {
            Vec<T>& to = acc[r][v / G * S + first + v % G];
            to = fma(value, weight[v], to);
          }
        }
      }
    }
  }

  // The cell on m rows of W vectors of units: `all` vectors, of which those from `i` on are still to do, some in step.
  template <int m, int W, int i = 0>
  TG_INLINE void finish(const Vec<T> (&acc)[m][W * S], i64 i0, i64 u0) const {
    constexpr int all = m * W, rest = all - i, parts = (rest + in_step - 1) / in_step;
    constexpr int some = (rest + parts - 1) / parts;
    using V = Vectors<T, some>;
    V s[S], h_old, c_old, h_new, c_new;
#pragma GCC unroll 4
    for (int j = 0; j < some; ++j) {
      const int r = (i + j) / W, q = (i + j) % W;
      const i64 at = (i0 + r) * w.Hp + (u0 + q) * L;
#pragma GCC unroll 4
      for (int k = 0; k < S; ++k) s[k].v[j] = acc[r][q * S + k];
      h_old.v[j] = load<T>(h_prev + at);
      if constexpr (Cell::cell_state) c_old.v[j] = load<T>(c_prev + at);
    }
    Cell::step(s, h_old, c_old, h_new, c_new);
#pragma GCC unroll 4
    for (int j = 0; j < some; ++j) {
      const int r = (i + j) / W, q = (i + j) % W;
      const i64 at = (i0 + r) * w.Hp + (u0 + q) * L;
      store<T>(h + at, h_new.v[j]);
      if constexpr (Cell::cell_state) store<T>(c + at, c_new.v[j]);
      if (Cell::saves && keep) {
        T* const to = z + (i0 + r) * S * w.Hp + (u0 + q) * L;
#pragma GCC unroll 4
        for (int k = 0; k < S; ++k) store<T>(to + k * w.Hp, s[k].v[j]);
      }
    }
    if constexpr (some < rest) finish<m, W, i + some>(acc, i0, u0);
  }
};

}  // namespace tg::TG_ISA
