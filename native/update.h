// How a step changes a flat buffer of parameters: a dense range of it, and pieces apart (rows of an embedding or of a
// head, single biases). The gradient is clipped by the norm of all of it.
#pragma once

#include "optimizers.h"
#include "threads.h"

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
  // parameters, of which it counts for [first, last). The sum of squares is added up in an order that no thread decides.
  double run(Memory to, const T* gradient, i64 first, i64 last, i64 apart, const OptimizerDesc& optimizer, double clip) {
    constexpr i64 block = 8192;
    const i64 blocks = (last - first + block - 1) / block;
    const Piece* const piece = pieces_.get();
    double* const squares = squares_.reserve(blocks + apart);
    parallel(blocks, [&](i64 i) {
      const i64 at = first + i * block;
      squares[i] = sum_squares<T>(gradient + at, smaller(block, last - at));
    });
    for (i64 i = 0; i < apart; ++i) squares[blocks + i] = sum_squares<T>(piece[i].gradient, piece[i].count);
    double total = 0.0;
    for (i64 i = 0; i < blocks + apart; ++i) total += squares[i];
    const double norm = __builtin_sqrt(total);
    if (norm - norm != 0.0) return norm;
    const double scale = clip > 0.0 && norm > clip ? clip / norm : 1.0;
    const auto move = [&](i64 at, const T* g, i64 count) {
      update<T>(optimizer, to.params + at, g, to.m + at, to.v + at, count, scale);
    };
    parallel(blocks, [&](i64 i) {
      FlushSubnormals flush;
      const i64 at = first + i * block;
      move(at, gradient + at, smaller(block, last - at));
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
