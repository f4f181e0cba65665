// How a step changes a flat buffer of parameters: tables of it, and pieces apart (rows of an embedding or of a head, single
// biases). The gradient is clipped by the norm of all of it.
#pragma once

#include "optimizers.h"
#include "tables.h"

namespace tg::TG_ISA {

template <class T>
class Update {
 public:
  struct Piece {
    i64 first, count;  // in the flat buffer
    const T* gradient;
  };
  struct Memory {
    T* params;
    T* m;
    T* v;
  };

  Piece* pieces(i64 most) { return pieces_.reserve(larger(most, 1)); }  // to be filled before run()

  const Piece* pieces() const { return pieces_.get(); }

  // The norm of the gradient before it is clipped; nothing is updated where it is not finite. `gradient` is as long as the
  // parameters, of which it counts for those tables that lie in [first, last). The sum of squares is added up in an order that no
  // thread decides.
  double run(Memory to, const T* gradient, const Table* tables, i64 count, i64 first, i64 last, i64 apart,
             const OptimizerDesc& optimizer, double clip) {
    const auto each_table = [&](auto&& body) {
      for (i64 i = 0; i < count; ++i)
        if (tables[i].first >= first && tables[i].end() <= last) body(tables[i]);
    };
    i64 sums = 0;
    each_table([&](const Table& t) { sums += t.segments * row_blocks(t.rows); });
    double* const squares = squares_.reserve(sums + apart);
    const i64 parts = threads();
    parallel(parts, [&](i64 part) {
      double* at = squares;
      each_table([&](const Table& t) {
        const i64 r0 = t.share(part, parts), r1 = t.share(part + 1, parts);
        for (i64 s = 0; s < t.segments; ++s, at += row_blocks(t.rows))
          for (i64 r = r0; r < r1; r += row_block)
            at[r / row_block] = sum_squares<T>(gradient + t.row(s, r), smaller(row_block, r1 - r) * t.width);
      });
    });
    const Piece* const piece = pieces_.get();
    for (i64 i = 0; i < apart; ++i) squares[sums + i] = sum_squares<T>(piece[i].gradient, piece[i].count);
    double total = 0.0;
    for (i64 i = 0; i < sums + apart; ++i) total += squares[i];
    const double norm = __builtin_sqrt(total);
    if (norm - norm != 0.0) return norm;
    const double scale = clip > 0.0 && norm > clip ? clip / norm : 1.0;
    const auto move = [&](i64 at, const T* g, i64 n) {
      update<T>(optimizer, to.params + at, g, to.m + at, to.v + at, n, scale);
    };
    parallel(parts, [&](i64 part) {
      FlushSubnormals flush;
      each_table([&](const Table& t) {
        const i64 r0 = t.share(part, parts), rows = t.share(part + 1, parts) - r0;
        for (i64 s = 0; s < t.segments && rows > 0; ++s) move(t.row(s, r0), gradient + t.row(s, r0), rows * t.width);
      });
    });
    parallel(apart, [&](i64 i) {
      FlushSubnormals flush;
      move(piece[i].first, piece[i].gradient, piece[i].count);
    });
    return norm;
  }

 private:
  Buffer<Piece> pieces_;
  Buffer<double> squares_;
};

}  // namespace tg::TG_ISA
