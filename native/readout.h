// Which states reach the head: the last, each, the mean, the max, the mean and the max.
#pragma once

#include "random.h"
#include "tape.h"
#include "threads.h"

namespace tg::TG_ISA {

template <class T>
class ReadoutOf {
 public:
  static constexpr int L = Simd<T>::lanes;

  explicit ReadoutOf(const NetworkDesc& desc)
      : kind_(desc.readout), D_(desc.directions()), top_(desc.layers - 1), H_(desc.hidden), Hp_(round_up(desc.hidden, L)),
        read_last_(desc.read_last), dropout_(desc.head_dropout) {}

  bool each() const { return kind_ == Readout::each; }
  // A readout row: [mean | max] x directions, each block padded to Hp.
  Blocks blocks() const { return {D_ * (kind_ == Readout::mean_max ? 2 : 1), H_, Hp_}; }

  // Leaves the readout rows in tape.pooled [n, row], or finds them in the top layer ("each"); with dropout in training.
  void forward(TapeOf<T>& tape) const {
    const Order& order = tape.order;
    const i64 wide = D_ * Hp_;
    if (each()) {
      if (!joins(tape)) return;
      T* const joined = tape.joined.reserve(order.rows * wide);
      const T* h[2] = {tape.at(top_, 0).h.get(), D_ == 2 ? tape.at(top_, 1).h.get() : nullptr};
      parallel(order.steps, [&](i64 t) {
        for (i64 r = order.offset[t]; r < order.offset[t + 1]; ++r) {
          std::memcpy(joined + r * wide, h[0] + r * Hp_, sizeof(T) * size_t(Hp_));
          if (D_ == 2) std::memcpy(joined + r * wide + Hp_, h[1] + order.mirror[r] * Hp_, sizeof(T) * size_t(Hp_));
        }
      });
      drop(tape, joined);
      return;
    }
    const i64 row = blocks().row();
    T* const pooled = tape.pooled.reserve(order.n * row);
    i64* const argmax = has_max() ? tape.argmax.reserve(order.n * wide) : nullptr;
    parallel(order.n, [&](i64 p) {
      T* const to = pooled + p * row;
      for (int d = 0; d < D_; ++d) {
        const T* h = tape.at(top_, d).h.get();
        if (kind_ == Readout::last) {
          std::memcpy(to + d * Hp_, h + order.last_row(p) * Hp_, sizeof(T) * size_t(Hp_));
          continue;
        }
        if (has_mean()) mean(order, p, h, to + d * Hp_);
        if (has_max()) max(order, p, h, to + (has_mean() ? wide : 0) + d * Hp_, argmax + p * wide + d * Hp_);
      }
    });
    drop(tape, pooled);
  }

  const T* row(const TapeOf<T>& tape, i64 index) const {  // index: packed row ("each") or packed position
    if (!each()) return tape.pooled.get() + index * blocks().row();
    return joins(tape) ? tape.joined.get() + index * D_ * Hp_ : tape.at(top_, 0).h.get() + index * Hp_;
  }

  // Room for the gradients of all readout rows, zeroed.
  T* gradients(TapeOf<T>& tape) const {
    if (each()) return tape.d_top.reserve_zeroed(tape.order.rows * D_ * Hp_);
    return tape.d_pooled.reserve_zeroed(tape.order.n * blocks().row());
  }

  // Spreads them over the top layer: returns those of its rows, and adds to the gradient of its last states.
  RowGradients<T> backward(TapeOf<T>& tape) const {
    const Order& order = tape.order;
    const i64 wide = D_ * Hp_, row = blocks().row();
    drop(tape, each() ? tape.d_top.get() : tape.d_pooled.get());
    if (each()) return {tape.d_top.get()};
    T* const d_pooled = tape.d_pooled.get();
    if (kind_ == Readout::last) {
      for (i64 p = 0; p < order.n; ++p)
        for (int d = 0; d < D_; ++d) {
          T* dh = tape.at(top_, d).dh.get() + p * Hp_;
          for (i64 j = 0; j < H_; ++j) dh[j] += d_pooled[p * row + d * Hp_ + j];
        }
      return {};
    }
    if (has_mean())
      for (i64 p = 0; p < order.n; ++p)
        for (i64 j = 0; j < wide; ++j) d_pooled[p * row + j] /= T(order.length[p]);
    if (kind_ == Readout::mean) return {d_pooled, nullptr, true};
    T* const d_top = tape.d_top.reserve_zeroed(order.rows * wide);
    parallel(order.n, [&](i64 p) {
      if (has_mean())
        for (i64 t = 0; t < order.length[p]; ++t)
          std::memcpy(d_top + order.row(t, p) * wide, d_pooled + p * row, sizeof(T) * size_t(wide));
      for (i64 j = 0; j < wide; ++j) {
        if (j % Hp_ >= H_) continue;
        i64 at = tape.argmax.get()[p * wide + j];
        if (j >= Hp_) at = order.mirror[at];
        d_top[at * wide + j] += d_pooled[p * row + (has_mean() ? wide : 0) + j];
      }
    });
    return {d_top};
  }

 private:
  Readout kind_;
  int D_;
  i64 top_, H_, Hp_, read_last_;
  double dropout_;

  bool drops(const TapeOf<T>& tape) const { return tape.noise.on && dropout_ > 0.0; }
  bool joins(const TapeOf<T>& tape) const { return D_ == 2 || drops(tape); }  // "each": rows of their own, in tape.joined

  // The mask of the head's dropout on the readout rows, or on their gradients. Its numbers are those of a layer of as
  // many directions as the row has blocks.
  void drop(const TapeOf<T>& tape, T* rows) const {
    if (!drops(tape)) return;
    const Order& order = tape.order;
    auto row = [&](i64 index, i64 p, i64 t) {
      for (i64 b = 0; b < blocks().count; ++b) {
        T* const block = rows + index * blocks().row() + b * Hp_;
        dropout<T>(block, block, H_, dropout_, tape.noise.seed, tape.noise.step, std::uint32_t(top_ * D_ + b),
                   std::uint32_t(order.sequence[p] + tape.noise.first), std::uint32_t(t));
      }
    };
    if (!each()) return parallel(order.n, [&](i64 p) { row(p, p, 0); });
    constexpr i64 some = 16;  // rows of a task
    const i64 parts = (order.n + some - 1) / some;
    parallel(order.steps * parts, [&](i64 i) {
      const i64 t = i / parts, first = i % parts * some;
      for (i64 p = first; p < smaller(order.active[t], first + some); ++p)
        if (read_last_ == 0 || t >= order.length[p] - read_last_) row(order.row(t, p), p, t);
    });
  }

  bool has_mean() const { return kind_ == Readout::mean || kind_ == Readout::mean_max; }
  bool has_max() const { return kind_ == Readout::max || kind_ == Readout::mean_max; }

  void mean(const Order& order, i64 p, const T* h, T* to) const {
    for (i64 j = 0; j < Hp_; ++j) to[j] = 0;
    for (i64 t = 0; t < order.length[p]; ++t) {
      const T* from = h + order.row(t, p) * Hp_;
      for (i64 j = 0; j < Hp_; ++j) to[j] += from[j];
    }
    for (i64 j = 0; j < Hp_; ++j) to[j] /= T(order.length[p]);
  }

  // The first step that reaches the maximum takes its gradient; a NaN is kept.
  void max(const Order& order, i64 p, const T* h, T* to, i64* where) const {
    for (i64 t = 0; t < order.length[p]; ++t) {
      const i64 r = order.row(t, p);
      const T* from = h + r * Hp_;
      for (i64 j = 0; j < Hp_; ++j)
        if (t == 0 || from[j] > to[j] || from[j] != from[j]) {
          to[j] = from[j];
          where[j] = r;
        }
    }
  }
};

}  // namespace tg::TG_ISA
