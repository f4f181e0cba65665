// The one loop over time: a cell unfolded over a slice of the batch, forwards and backwards.
//
// A thread runs a slice, sequences [first, last) of the packed order, through all of its steps with no barrier. What a
// sequence gets does not depend on the slice.
#pragma once

#include "order.h"
#include "step.h"

namespace tg::TG_ISA {

// One layer and direction over one batch. Rows are packed rows in this direction's own order: for the reverse
// direction, step 0 reads the last step of each sequence.
template <class T>
struct Unfold {
  const Order* order = nullptr;
  const LayerWeights<T>* weights = nullptr;
  const T* const* x = nullptr;  // [rows] the input row of each packed row, weights->input.row() values
  const T* h0 = nullptr;        // [n, Hp] states before the first step, packed order
  const T* c0 = nullptr;        // [n, Hp]; null for a cell without c
  T* h = nullptr;               // [rows, Hp] filled
  T* c = nullptr;               // keep: [rows, Hp] filled; else [n, Hp], holds c0 before and the last c after
  i64 turn = 0;                 // odd and even steps go through the weights in opposite directions; step 0 counts as this
  T* slots = nullptr;           // keep: [rows, S, Hp] what forward saves, if the cell saves more than h; gradients after backward; else null
  // backward only
  const T* const* dy = nullptr;  // [rows] gradient of each h row from above, or null where none reaches it
  T* dh = nullptr;               // [n, Hp] gradient of the last h of each sequence before, of h0 after, if `initial`
  T* dc = nullptr;               // [n, Hp] likewise for c
  bool initial = false;          // whether the gradients of h0 and c0 are asked for
  T* trail_h = nullptr;          // [rows, Hp] filled: the gradient of every h; or null
  T* trail_c = nullptr;          // [rows, Hp] likewise for c, as the step after it is given c
  T* const* d_x = nullptr;       // [rows] where the gradient of each input row goes; or null: not in this loop
};

template <class T, class Cell>
struct Unfolding {
  static constexpr int L = Simd<T>::lanes, G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
  static constexpr i64 ahead_rows = 96;  // rows whose input product runs ahead of the loop

  // Values of scratch that forward() needs for a slice of at most `n` sequences.
  static i64 scratch_size(const LayerWeights<T>& w, i64 n, bool keep) {
    return w.joint || (keep && Cell::saves) ? 0 : larger(ahead_rows, n) * S * w.Hp;
  }

  static void forward(const Unfold<T>& u, i64 first, i64 last, T* scratch) {
    const Order& order = *u.order;
    const LayerWeights<T>& w = *u.weights;
    const i64 Hp = w.Hp, ahead = w.joint ? 1 : ahead_steps(last - first);
    for (i64 t = 0; t < order.steps && order.active[t] > first; ++t) {
      const i64 n = smaller(order.active[t], last) - first, row = order.row(t, first);
      if (!w.joint && t % ahead == 0) inputs(u, first, last, t, smaller(order.steps, t + ahead), scratch);
      T* const z = w.joint && !saves(u) ? nullptr : step_slots(u, first, last, t, t / ahead * ahead, scratch);
      const T* h_prev = t > 0 ? u.h + order.row(t - 1, first) * Hp : u.h0 + first * Hp;
      const T* c_prev = nullptr;
      T* c = nullptr;
      if constexpr (Cell::cell_state) {
        const bool kept = u.slots != nullptr;
        c_prev = !kept ? u.c + first * Hp : t > 0 ? u.c + order.row(t - 1, first) * Hp : u.c0 + first * Hp;
        c = u.c + (kept ? row : first) * Hp;
      }
      Soon soon;
      if (t + 1 < order.steps && order.active[t + 1] > first) {
        const i64 more = smaller(order.active[t + 1], last) - first, next = order.row(t + 1, first);
        if (w.joint) soon.add<T>({u.x + next}, more, w.input.row());
        if (saves(u)) soon.add<T>({nullptr, u.slots + next * S * Hp, S * Hp}, more, S * Hp);
        soon.add<T>({nullptr, u.h + next * Hp, Hp}, more, Hp);
        if (u.slots != nullptr && Cell::cell_state) soon.add<T>({nullptr, u.c + next * Hp, Hp}, more, Hp);
      }
      Step<T, Cell>{n, w, u.x + row, h_prev, c_prev, u.h + row * Hp, c, z, saves(u), (t + u.turn) % 2 != 0, &soon}.run();
    }
  }

  static void backward(const Unfold<T>& u, i64 first, i64 last) {
    const Order& order = *u.order;
    const LayerWeights<T>& w = *u.weights;
    const i64 Hp = w.Hp;
    for (i64 t = order.length[first] - 1; t >= 0; --t) {
      const i64 n = smaller(order.active[t], last) - first;
      const i64 row = order.row(t, first), before = t > 0 ? order.row(t - 1, first) : 0;
      if (u.trail_h != nullptr) leave_trail(u, first, n, row);
      for (i64 b = 0; b < n; ++b) {
        const T* h_prev = t > 0 ? u.h + (before + b) * Hp : u.h0 + (first + b) * Hp;
        const T* c_prev = !Cell::cell_state ? nullptr : t > 0 ? u.c + (before + b) * Hp : u.c0 + (first + b) * Hp;
        const T* c = Cell::cell_state ? u.c + (row + b) * Hp : nullptr;
        T* const slots = u.slots + (row + b) * S * Hp;
        step_grad(Hp, Cell::saves ? slots : u.h + (row + b) * Hp, slots, h_prev, c_prev, c, u.dy != nullptr ? u.dy[row + b] : nullptr,
                  u.dh + (first + b) * Hp, Cell::cell_state ? u.dc + (first + b) * Hp : nullptr);
      }
      if (u.d_x != nullptr) {
        const Left<T> gates{{nullptr, u.slots + row * S * Hp, S * Hp}, w.H, G, Hp};
        Product<T>{n, gates, {u.d_x + row}, w.back_x, Start::zero, nullptr}.run();
      }
      if (t == 0 && !u.initial) break;
      const Left<T> slots{{nullptr, u.slots + (row * S + A) * Hp, S * Hp}, w.H, G, Hp};
      Soon soon;
      if (t > 0) {
        const i64 more = smaller(order.active[t - 1], last) - first;
        soon.add<T>({nullptr, u.slots + before * S * Hp, S * Hp}, more, S * Hp);
        if (Cell::cell_state && t > 1) soon.add<T>({nullptr, u.c + order.row(t - 2, first) * Hp, Hp}, more, Hp);
        if (u.dy != nullptr) soon.add<T>({u.dy + before}, more, Hp);
      }
      Product<T>{n, slots, {nullptr, u.dh + first * Hp, Hp}, w.back_h, Start::runs, nullptr, t % 2 != 0, &soon}.run();
    }
  }

 private:
  static bool saves(const Unfold<T>& u) { return Cell::saves && u.slots != nullptr; }
  static i64 ahead_steps(i64 n) { return larger(1, ahead_rows / n); }

  static T* step_slots(const Unfold<T>& u, i64 first, i64 last, i64 t, i64 t0, T* scratch) {
    const i64 row = saves(u) ? u.order->row(t, first) : (t - t0) * (last - first);
    return (saves(u) ? u.slots : scratch) + row * S * u.weights->Hp;
  }

  // Biases and input products of steps [t0, t1).
  static void inputs(const Unfold<T>& u, i64 first, i64 last, i64 t0, i64 t1, T* scratch) {
    const LayerWeights<T>& w = *u.weights;
    const i64 Hp = w.Hp;
    const T* x[ahead_rows];
    T* to[ahead_rows];
    i64 rows = 0;
    auto flush = [&] {
      if (rows > 0) product<T>(rows, {x}, {to}, w.x, w.bias);
      rows = 0;
    };
    for (i64 t = t0; t < t1 && u.order->active[t] > first; ++t) {
      const i64 n = smaller(u.order->active[t], last) - first, row = u.order->row(t, first);
      T* const z = step_slots(u, first, last, t, t0, scratch);
      for (i64 b = 0; b < n; ++b) {
        x[rows] = u.x[row + b];
        to[rows] = z + b * S * Hp;
        if (A > 0) std::memcpy(to[rows] + G * Hp, w.bias + G * Hp, sizeof(T) * size_t(A * Hp));
        if (++rows == ahead_rows) flush();
      }
    }
    flush();
  }

  // What reaches the states of a step from above and from the steps after it.
  static void leave_trail(const Unfold<T>& u, i64 first, i64 n, i64 row) {
    const i64 Hp = u.weights->Hp, size = n * Hp;
    T* const h = u.trail_h + row * Hp;
    std::memcpy(h, u.dh + first * Hp, sizeof(T) * size_t(size));
    if (u.dy != nullptr)
      for (i64 b = 0; b < n; ++b)
        for (i64 j = 0; j < Hp; ++j) h[b * Hp + j] += u.dy[row + b][j];
    if constexpr (Cell::cell_state) std::memcpy(u.trail_c + row * Hp, u.dc + first * Hp, sizeof(T) * size_t(size));
  }

  // The cell's derivative on one row: saved [S, Hp] values; slots [S, Hp] gets the gradients and may be saved; dh, dc [Hp] of this
  // step, then what reaches the step before, but for the weights. dy may be null.
  static void step_grad(i64 Hp, const T* saved, T* slots, const T* h_prev, const T* c_prev, const T* c, const T* dy, T* dh, T* dc) {
    in_step(Hp, [&]<class V>(i64 j) {
      V s[S], direct, dc_j, c_prev_j, c_j, dh_j(dh + j);
#pragma GCC unroll 8
      for (int k = 0; k < S; ++k) s[k] = V(saved + k * Hp + j);
      if (dy != nullptr) dh_j = dh_j + V(dy + j);
      if constexpr (Cell::cell_state) {
        dc_j = V(dc + j);
        c_prev_j = V(c_prev + j);
        c_j = V(c + j);
      }
      Cell::step_grad(s, V(h_prev + j), c_prev_j, c_j, dh_j, dc_j, direct);
#pragma GCC unroll 8
      for (int k = 0; k < S; ++k) s[k].store_to(slots + k * Hp + j);
      if constexpr (Cell::cell_state) dc_j.store_to(dc + j);
      direct.store_to(dh + j);
    });
  }

  // body<V>(j) for the units [j, j + V::width) of a row, most of them some vectors at a time.
  template <class Body>
  static TG_INLINE void in_step(i64 Hp, Body&& body) {
    using Many = Vectors<T, vectors_in_step>;
    using Two = Vectors<T, 2>;
    using One = Vectors<T, 1>;
    i64 j = 0;
    for (; j + Many::width <= Hp; j += Many::width) body.template operator()<Many>(j);
    if constexpr (vectors_in_step > 2)
      for (; j + Two::width <= Hp; j += Two::width) body.template operator()<Two>(j);
    for (; j < Hp; j += One::width) body.template operator()<One>(j);
  }
};

}  // namespace tg::TG_ISA
