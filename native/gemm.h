// Products over packed panels: the only place that blocks registers.
//
// A panel holds, for a group of up to `group` vectors of output columns, the weights of each k side by side:
// [group][k][vector of the group][lane]. One tile of `tile_rows` rows by one group stays in registers over all of k.
// Every output is one chain of multiply-adds in the order of k, whatever the tile, so a row's result never depends on
// the rows beside it.
#pragma once

#include "simd.h"
#include "threads.h"

namespace tg::TG_ISA {

// Accumulators of a tile: 12 of 16 registers, or 24 of 32.
#if TG_VECTOR_BYTES == 64 || defined(__aarch64__)
inline constexpr int tile_accumulators = 24;
#else
inline constexpr int tile_accumulators = 12;
#endif

inline constexpr int group = 4;                                   // vectors in a panel
inline constexpr int tile_rows = tile_accumulators / group;       // rows in a tile of such a panel
inline constexpr i64 panel_bytes = 16384;                         // of a panel that one pass over the rows uses: half of L1

template <class T>
constexpr i64 panel_k(int vectors) {
  return larger(16, panel_bytes / (vectors * TG_VECTOR_BYTES));
}

// acc[m][first + v] += sum over k of a[m][k] * panel[k][v]
template <class T, int rows, int vectors, int first, int width>
TG_INLINE void accumulate(Vec<T> (&acc)[rows][width], const T* const (&a)[rows], i64 count, const T* panel) {
  constexpr int L = Simd<T>::lanes;
  for (i64 k = 0; k < count; ++k) {
    Vec<T> w[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) w[v] = load<T>(panel + v * L);
    panel += vectors * L;
#pragma GCC unroll 8
    for (int m = 0; m < rows; ++m) {
      const Vec<T> x = set1<T>(a[m][k]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) acc[m][first + v] = fma(x, w[v], acc[m][first + v]);
    }
  }
}

// Splits `count` rows into tiles of at most `most` rows of nearly equal height and calls body.template run<m>(first).
template <int most, class Body>
TG_INLINE void for_tiles(i64 count, Body&& body) {
  const i64 tiles = (count + most - 1) / most;
  i64 first = 0;
  for (i64 i = 0; i < tiles; ++i) {
    const i64 rows = (count - first + (tiles - i) - 1) / (tiles - i);
    switch (rows) {
      case 1: body.template operator()<1>(first); break;
      case 2: if constexpr (most >= 2) body.template operator()<2>(first); break;
      case 3: if constexpr (most >= 3) body.template operator()<3>(first); break;
      case 4: if constexpr (most >= 4) body.template operator()<4>(first); break;
      case 5: if constexpr (most >= 5) body.template operator()<5>(first); break;
      default: if constexpr (most >= 6) body.template operator()<6>(first); break;
    }
    first += rows;
  }
}

// How the columns of a weight lie in a row of activations: `count` blocks of `width` columns, each block padded to
// `padded` in the row. Rows of the user's are one block without padding; a layer's states are one block a direction.
struct Blocks {
  i64 count = 1, width = 0, padded = 0;
  i64 columns() const { return count * width; }
  i64 row() const { return count * padded; }
};

// The right-hand side of a product, [K, N] packed into panels of up to `group` vectors.
template <class T>
struct Panels {
  const T* data = nullptr;  // group g starts at g * group * L * K
  i64 K = 0, N = 0;

  static i64 size(i64 K, i64 N) { return K * round_up(N, Simd<T>::lanes); }

  // [K, N] with N = in.row(): row k is row(k), whose columns lie as `in` tells.
  template <class Row>
  void pack_rows(T* to, i64 k_count, const Blocks& in, Row&& row) {
    constexpr int L = Simd<T>::lanes;
    K = k_count;
    N = in.row();
    data = to;
    for (i64 n0 = 0; n0 < N; n0 += group * L) {
      const i64 wide = smaller(round_up(N - n0, L), group * L);
      for (i64 k = 0; k < K; ++k, to += wide) {
        const T* from = row(k);
        if (in.width == in.padded) {
          const i64 real = smaller(wide, N - n0);
          std::memcpy(to, from + n0, sizeof(T) * size_t(real));
          for (i64 i = real; i < wide; ++i) to[i] = 0;
        } else {
          for (i64 i = 0; i < wide; ++i) {
            const i64 b = (n0 + i) / in.padded, at = (n0 + i) % in.padded;
            to[i] = b < in.count && at < in.width ? from[b * in.width + at] : T(0);
          }
        }
      }
    }
  }

  // [K, N] with K = in.row(), from its transpose: weight [N, in.columns()].
  void pack_transposed(T* to, i64 n_count, const Blocks& in, const T* weight) {
    constexpr int L = Simd<T>::lanes;
    K = in.row();
    N = n_count;
    data = to;
    parallel((N + group * L - 1) / (group * L), [&](i64 g) {
      const i64 n0 = g * group * L, wide = smaller(round_up(N - n0, L), group * L);
      T* const panel = to + n0 * K;
      for (i64 i = 0; i < wide; ++i) {
        const T* from = weight + (n0 + i) * in.columns();
        for (i64 b = 0; b < in.count; ++b)
          for (i64 j = 0; j < in.padded; ++j)
            panel[(b * in.padded + j) * wide + i] = n0 + i < N && j < in.width ? from[b * in.width + j] : T(0);
      }
    });
  }
};

// Rows of values anywhere in memory: at pointers[i], or where that is null at base + i * stride.
template <class T>
struct Rows {
  T* const* pointers = nullptr;
  T* base = nullptr;
  i64 stride = 0;
  TG_INLINE T* at(i64 i) const { return pointers != nullptr ? pointers[i] : base + i * stride; }
};

// c[i][n] = start + sum over k of a[i][k] * panels[k][n] for i in [0, rows).
// start is c itself where `add`, else bias (or zero where bias is null). Rows of c need no padding: nothing is written
// past N. A row of a has K values; blocks of `segment` values lie `gap` apart in it (segment = K: one block).
template <class T>
inline __attribute__((noinline)) void product(i64 rows, const Rows<const T> a, i64 segment, i64 gap, const Rows<T> c,
                                              const Panels<T>& panels, bool add, const T* bias) {
  constexpr int L = Simd<T>::lanes;
  const i64 N = panels.N;
  for (i64 n0 = 0; n0 < N; n0 += group * L) {
    const i64 width = smaller(N - n0, group * L);
    const int vectors = int((width + L - 1) / L);
    const T* panel = panels.data + n0 * panels.K;
    auto with_vectors = [&]<int nv>() {
      constexpr int most = smaller(6, tile_accumulators / nv);
      const i64 pass = panel_k<T>(nv);
      const i64 tail = width - (nv - 1) * L;  // columns in the last vector
      bool first_pass = true;
      const T* weights = panel;
      for (i64 s = 0; s * segment < panels.K; ++s) {
        for (i64 k0 = 0; k0 < segment; k0 += pass) {
          const i64 count = smaller(pass, segment - k0);
          const bool from_c = add || !first_pass;
          auto tile = [&]<int m>(i64 i0) {
            Vec<T> acc[m][nv];
            const T* left[m];
            T* out[m];
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r) {
              left[r] = a.at(i0 + r) + s * gap + k0;
              out[r] = c.at(i0 + r) + n0;
#pragma GCC unroll 8
              for (int v = 0; v < nv; ++v) {
                const bool whole = v + 1 < nv || tail == L;
                const T* from = from_c ? out[r] : bias + n0;
                acc[r][v] = !from_c && bias == nullptr ? Vec<T>{}
                            : whole                    ? load<T>(from + v * L)
                                                       : load_part<T>(from + v * L, tail);
              }
            }
            accumulate<T, m, nv, 0>(acc, left, count, weights);
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
              for (int v = 0; v < nv; ++v) {
                if (v + 1 < nv || tail == L)
                  store<T>(out[r] + v * L, acc[r][v]);
                else
                  store_part<T>(out[r] + v * L, acc[r][v], tail);
              }
          };
          for_tiles<most>(rows, tile);
          weights += count * nv * L;
          first_pass = false;
        }
      }
    };
    switch (vectors) {
      case 1: with_vectors.template operator()<1>(); break;
      case 2: with_vectors.template operator()<2>(); break;
      case 3: with_vectors.template operator()<3>(); break;
      default: with_vectors.template operator()<4>(); break;
    }
  }
}

}  // namespace tg::TG_ISA
