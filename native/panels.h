// The two sides of a product: rows of numbers anywhere in memory, and weights packed into panels.
//
// A panel holds, for a group of `group` vectors of output columns, the weights of each k side by side: [k][vector][lane].
// Where there are so few columns that most lanes would idle, the lanes lie along k instead.
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

// The left-hand side of a product: K = segments * segment values of each row, in runs of `segment` that lie `gap` apart.
template <class T>
struct Left {
  Rows<const T> rows;
  i64 segment = 0, segments = 1, gap = 0;
  i64 K() const { return segments * segment; }
};

// The right-hand side of a product, [K, N] packed into panels; the last one may be narrower.
template <class T>
struct Panels {
  const T* data = nullptr;  // the panel of column n starts at n * K; narrow: see below
  i64 K = 0, N = 0;
  static constexpr int L = Simd<T>::lanes;
  i64 wide = group * L;  // columns of a panel

  // So few columns that the lanes lie along k: [segment][k / L][n][lane], with zeros past the end of a segment, and
  // columns of zeros up to a power of two.
  static bool narrow(i64 N) { return N <= L / 2; }
  static i64 narrow_columns(i64 N) {
    i64 columns = 1;
    while (columns < N) columns *= 2;
    return columns;
  }
  static i64 size(i64 segments, i64 segment, i64 N) {
    return narrow(N) ? segments * round_up(segment, L) * narrow_columns(N) : segments * segment * round_up(N, L);
  }

  // N = in.row(), K = segments * segment: row k is row(k), whose columns lie as `in` tells.
  template <class Row>
  void pack_rows(T* to, i64 segments, i64 segment, const Blocks& in, Row&& row) {
    K = segments * segment;
    N = in.row();
    data = to;
    if (narrow(N)) {
      const i64 padded = round_up(segment, L), columns = narrow_columns(N);
      std::memset(static_cast<void*>(to), 0, sizeof(T) * size_t(segments * padded * columns));
      for (i64 k = 0; k < K; ++k) {
        const T* from = row(k);
        const i64 at = k / segment * padded + k % segment;
        for (i64 n = 0; n < N; ++n)
          if (n % in.padded < in.width) to[at / L * L * columns + n * L + at % L] = from[n / in.padded * in.width + n % in.padded];
      }
      return;
    }
    parallel((N + wide - 1) / wide, [&](i64 g) {
      const i64 n0 = g * wide, width = panel_width(n0), real = smaller(width, N - n0);
      T* out = to + n0 * K;
      for (i64 k = 0; k < K; ++k, out += width) {
        const T* from = row(k);
        if (in.width == in.padded) {
          std::memcpy(out, from + n0, sizeof(T) * size_t(real));
          for (i64 i = real; i < width; ++i) out[i] = 0;
        } else {
          for (i64 i = 0; i < width; ++i) {
            const i64 b = (n0 + i) / in.padded, at = (n0 + i) % in.padded;
            out[i] = b < in.count && at < in.width ? from[b * in.width + at] : T(0);
          }
        }
      }
    });
  }

  // K = in.row() from k0 on, from the transpose: column n is row(n), whose columns lie as `in` tells, or zero where that
  // is null. Several calls may fill one set of panels of k_count rows, each its part of k.
  template <class Row>
  void pack_transposed(T* to, i64 k_count, i64 k0, i64 n_count, const Blocks& in, Row&& row) {
    K = k_count;
    N = n_count;
    data = to;
    const bool few = narrow(N);
    const i64 columns = narrow_columns(N), step = few ? columns : wide;
    parallel((N + step - 1) / step, [&](i64 g) {
      const i64 n0 = g * step, width = few ? columns : panel_width(n0);
      // a few values of k at a time, so that what is written to stays in the first cache
      for (i64 b = 0; b < in.count; ++b)
        for (i64 j0 = 0; j0 < in.padded; j0 += L)
          for (i64 i0 = 0; i0 < width; i0 += L) {
            const i64 count = smaller(L, width - i0), k1 = k0 + b * in.padded + j0;
            const T* from[L];  // null: zeros
            bool whole = !few && j0 + L <= in.width;
            for (i64 i = 0; i < count; ++i) {
              from[i] = n0 + i0 + i < N ? row(n0 + i0 + i) : nullptr;
              whole = whole && from[i] != nullptr;
            }
            if (whole) {
              T* const out = to + n0 * K + k1 * width + i0;
              const i64 at = b * in.width + j0;
              transpose<T>([&](i64 i) { return from[i] + at; }, [&](i64 j) { return out + j * width; });
              continue;
            }
            for (i64 i = 0; i < count; ++i) {
              T* const column = few ? to + i * L : to + n0 * K + i0 + i;
              for (i64 j = j0; j < smaller(j0 + L, in.padded); ++j) {
                const i64 k = k1 + j - j0;
                column[few ? k / L * columns * L + k % L : k * width] =
                    from[i] != nullptr && j < in.width ? from[i][b * in.width + j] : T(0);
              }
            }
          }
      if (few)
        for (i64 i = 0; i < width; ++i)
          for (i64 k = K; k < round_up(K, L); ++k) to[k / L * columns * L + i * L + k % L] = T(0);
    });
  }

  i64 panel_width(i64 n0) const { return smaller(round_up(N - n0, L), wide); }
};

}  // namespace tg::TG_ISA
