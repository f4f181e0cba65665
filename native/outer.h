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
struct Source {
  i64 width, first = 0;
};

// Columns [first, last) of B, and the sources whose products with them are asked for: [source, source + sources).
struct Section {
  i64 first, last;
  int source = 0, sources = 1;
};

// Some rows, of each source and of B.
template <class T>
struct OuterRows {
  i64 count = 0;  // at most outer_block; 0 past the last
  const T* const* a[2] = {};
  Rows<const T> b;
};

// All rows, where they lie one after the other and have one source. A call gives the next block.
template <class T>
struct OuterTable {
  i64 rows;
  const T* const* a;
  const T* b;
  i64 b_stride, done = 0;

  OuterRows<T> operator()() {
    const i64 r = done, count = smaller(outer_block, rows - r);
    done += count;
    return {count, {a + r}, {nullptr, b + r * b_stride, b_stride}};
  }
};

// The gradients of a weight with several sources, side by side in C from its column m on.
template <class T>
struct Outer {
  static constexpr int L = Simd<T>::lanes;
  static constexpr i64 panel = group * L;  // columns

  const Source* sources;
  int source_count;
  const Section* sections;
  int section_count;

  i64 inputs(const Section& section) const {
    i64 total = 0;
    for (int s = 0; s < section.sources; ++s) total += sources[section.source + s].width;
    return total;
  }
  static i64 scratch_size(i64 inputs) { return outer_block * (panel + round_up(inputs, L)); }
  // C is held section after section, and each of those in panels: the one of its column n starts at n * inputs, as [m][panel], the
  // last one as wide as its vectors. Of a section:
  static i64 c_size(i64 inputs, i64 columns) { return inputs * round_up(columns, L); }
  static i64 panel_width(i64 columns, i64 n0) { return smaller(round_up(columns - n0, L), panel); }

  // c and sums (of the columns of each section, rounded up to L; may be null) are overwritten, or added to; there is a row at
  // least. next() gives the rows block by block, each to stay valid until it was called twice more. scratch: scratch_size() of
  // all sources.
  template <class Next>
  void run(Next&& next, T* c, T* sums, T* scratch, bool add = false) const {
    i64 all = 0;
    for (int s = 0; s < source_count; ++s) all += sources[s].width;
    i64 panels = 0;
    for (int s = 0; s < section_count; ++s) panels += (sections[s].last - sections[s].first + panel - 1) / panel;
    OuterRows<T> after = next();
    for (; after.count > 0; add = true) {
      const OuterRows<T> rows = after;
      after = next();
      T* const a = scratch + outer_block * panel;
      i64 packed = 0;
      for (int s = 0; s < source_count; s += joined()) packed += pack_inputs(rows, s, a + packed);
      T *to = c, *total = sums;
      i64 done = 0;  // panels
      for (int s = 0; s < section_count; ++s) {
        const i64 columns = sections[s].last - sections[s].first, m_count = inputs(sections[s]);
        for (i64 n0 = 0; n0 < columns; n0 += panel, ++done) {
          const i64 vectors = panel_width(columns, n0) / L;
          Soon soon = coming(rows, after, s, n0, done, panels);
          if (vectors == 1) block<1>(rows, s, n0, a, to, total, scratch, add, soon);
          if (vectors == 2) block<2>(rows, s, n0, a, to, total, scratch, add, soon);
          if constexpr (group > 2) {
            if (vectors == 3) block<3>(rows, s, n0, a, to, total, scratch, add, soon);
            if (vectors == 4) block<4>(rows, s, n0, a, to, total, scratch, add, soon);
          }
          to += vectors * L * m_count;
          if (sums != nullptr) total += vectors * L;
        }
      }
    }
  }

 private:
  // Sources that lie side by side in the packed A: all, where there is one section.
  int joined() const { return section_count == 1 ? source_count : 1; }

  // What is packed after the panel of column n0 of a section: the next one, and a share of the next rows' inputs.
  Soon coming(const OuterRows<T>& rows, const OuterRows<T>& after, int section, i64 n0, i64 done, i64 panels) const {
    Soon soon;
    const bool last = n0 + panel >= sections[section].last - sections[section].first;
    if (last) section = (section + 1) % section_count;
    const Section& next = sections[section];
    n0 = last ? 0 : n0 + panel;
    const OuterRows<T>& of = done + 1 < panels ? rows : after;
    soon.add<T>(of.b, of.count, panel_width(next.last - next.first, n0), next.first + n0);
    const i64 from = after.count * done / panels, to = after.count * (done + 1) / panels;
    for (int s = 0; s < source_count && after.count > 0; ++s) soon.add<T>({after.a[s] + from}, to - from, sources[s].width, sources[s].first);
    soon.share_among((inputs(sections[section]) + tile_rows - 1) / tile_rows);
    return soon;
  }

  // to: for each strip of inputs, [row][input]; the last one as narrow as it is. Of the sources that are joined from `source`
  // on; how many values.
  i64 pack_inputs(const OuterRows<T>& rows, int source, T* to) const {
    const i64 count = rows.count;
    const int end = source + joined();
    i64 m = 0, m_count = 0;  // of all inputs
    for (int s = source; s < end; ++s) m_count += sources[s].width;
    for (int s = source; s < end; ++s) {
      const T* const* const from = rows.a[s];
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
    return m_count * count;
  }

  static TG_INLINE void copy(T* to, const T* from, i64 count) {
    i64 i = 0;
    for (; i + L <= count; i += L) store<T>(to + i, load<T>(from + i));
    if (i < count) store_part<T>(to + i, load_part<T>(from + i, count - i), count - i);
  }

  template <int vectors>
  void block(const OuterRows<T>& rows, int section, i64 n0, const T* a, T* c, T* sums, T* scratch, bool add, Soon& soon) const {
    const Section& at = sections[section];
    const i64 count = rows.count;
    pack<vectors>(rows.b, at.first + n0, count, smaller(at.last - at.first - n0, vectors * L), scratch, sums, add);
    for (int s = 0; s < at.source; ++s) a += sources[s].width * count;
    for (int s = at.source; s < at.source + at.sources; s += joined()) {
      const i64 m_count = joined() == 1 ? sources[s].width : inputs(at);
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
      a += m_count * count;
    }
  }

  // Rows of B side by side, with zeros past the last column; the block's column sums to sums, or added to them.
  template <int vectors>
  static void pack(const Rows<const T>& rows, i64 n0, i64 count, i64 real, T* to, T* sums, bool add) {
    Vec<T> total[vectors] = {};
    const i64 tail = real - (vectors - 1) * L;
    for (i64 i = 0; i < count; ++i, to += vectors * L) {
      const T* const b = rows.at(i) + n0;
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        const Vec<T> x = v + 1 < vectors || tail == L ? load<T>(b + v * L) : load_part<T>(b + v * L, tail);
        store<T>(to + v * L, x);
        total[v] += x;
      }
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
