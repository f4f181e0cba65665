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

  // Where they lie: K = segments * segment; size() values. Then they are packed, part by part, in any order.
  void lie(T* to, i64 segments, i64 segment, i64 columns) {
    K = segments * segment;
    N = columns;
    data = to_ = to;
    segment_ = segment;
    if (narrow(N)) std::memset(static_cast<void*>(to), 0, sizeof(T) * size_t(size(segments, segment, N)));
  }

  // Rows [first, last) of K: row k is row(k), whose columns lie as `in` tells, in.row() = N.
  template <class Row>
  void pack_rows(i64 first, i64 last, const Blocks& in, Row&& row) const {
    const bool past = shared();
    for (i64 n0 = 0; n0 < N; n0 += wide) {
      const i64 width = panel_width(n0), real = smaller(width, N - n0);
      for (i64 k = first; k < last; ++k) {
        const T* const from = row(k);
        if (narrow(N) || in.width != in.padded) {
          for (i64 n = n0; n < n0 + real; ++n)
            *at(k, n) = n % in.padded < in.width ? from[n / in.padded * in.width + n % in.padded] : T(0);
          for (i64 n = n0 + real; n < n0 + width && !narrow(N); ++n) *at(k, n) = 0;
          continue;
        }
        T* const out = at(k, n0);
        for (i64 i = 0; i < width; i += L) {
          const Vec<T> v = i + L <= real ? load<T>(from + n0 + i) : load_part<T>(from + n0 + i, real - i);
          past ? stream<T>(out + i, v) : store<T>(out + i, v);
        }
      }
    }
    if (past) streamed();
  }

  // Columns [first, last), from the transpose: column n is row(n), whose columns lie as `in` tells and are the rows from k0 on, or
  // zero where that is null. `first` is a multiple of L.
  template <class Row>
  void pack_transposed(i64 k0, i64 first, i64 last, const Blocks& in, Row&& row) const {
    const bool past = shared();
    for (i64 n0 = first / wide * wide; n0 < last; n0 += wide) {
      const i64 end = smaller(last, n0 + wide), width = panel_width(n0);
      // a few values of k at a time, so that what is written to stays in the first cache
      for (i64 b = 0; b < in.count; ++b)
        for (i64 j0 = 0; j0 < in.padded; j0 += L)
          for (i64 i0 = larger(first, n0); i0 < end; i0 += L) {
            const i64 count = smaller(L, end - i0), k1 = k0 + b * in.padded + j0;
            const T* from[L];  // null: zeros
            bool whole = !narrow(N) && j0 + L <= in.width;
            for (i64 i = 0; i < L; ++i) {
              from[i] = i < count ? row(i0 + i) : nullptr;
              whole = whole && from[i] != nullptr;
            }
            if (whole) {
              T* const out = at(k1, i0);
              const i64 j = b * in.width + j0;
              const auto left = [&](i64 i) { return from[i] + j; };
              const auto right = [&](i64 k) { return out + k * width; };
              past ? transpose<T>(left, right, [](T* p, Vec<T> v) { stream<T>(p, v); }) : transpose<T>(left, right);
              continue;
            }
            const i64 lanes = narrow(N) ? count : smaller(L, round_up(N, L) - i0);
            for (i64 i = 0; i < lanes; ++i)
              for (i64 j = j0; j < smaller(j0 + L, in.padded); ++j)
                *at(k1 + j - j0, i0 + i) = from[i] != nullptr && j < in.width ? from[i][b * in.width + j] : T(0);
          }
    }
    if (past) streamed();
  }

  i64 panel_width(i64 n0) const { return smaller(round_up(N - n0, L), wide); }

 private:
  T* to_ = nullptr;
  i64 segment_ = 0;

  T* at(i64 k, i64 n) const {
    if (narrow(N)) {
      const i64 place = k / segment_ * round_up(segment_, L) + k % segment_;
      return to_ + place / L * L * narrow_columns(N) + n * L + place % L;
    }
    const i64 n0 = n / wide * wide;
    return to_ + n0 * K + k * panel_width(n0) + (n - n0);
  }

  // Whether they are read by several threads. To write what another core has read takes, where cores share no cache, ten times as
  // long as to write past the caches; for that a vector must be a whole line.
  static bool shared() { return TG_VECTOR_BYTES == 64 && threads() > 1; }
};

}  // namespace tg::TG_ISA
