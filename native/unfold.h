// The one loop over time: a cell unfolded over a slice of the batch, forwards and backwards.
//
// A thread runs a slice, sequences [first, last) of the packed order, through all of its steps with no barrier. What a
// sequence gets does not depend on the slice.
#pragma once

#include "order.h"
#include "weights.h"

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
  T* slots = nullptr;           // keep: [rows, S, Hp] the saved values, replaced by their gradients by backward; else null
  // backward only
  const T* const* dy = nullptr;  // [rows] gradient of each h row from above, or null where none reaches it
  T* dh = nullptr;               // [n, Hp] gradient of the last h of each sequence before, of h0 after
  T* dc = nullptr;               // [n, Hp] likewise for c
};

template <class T, class Cell>
struct Unfolding {
  static constexpr int L = Simd<T>::lanes, G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
  static constexpr i64 ahead_rows = 96;  // rows whose input product runs ahead of the loop

  // Values of scratch that forward() needs for a slice of `n` sequences.
  static i64 scratch_size(const LayerWeights<T>& w, i64 n, bool keep) {
    return keep ? 0 : ahead_steps(n) * n * S * w.Hp;
  }

  static void forward(const Unfold<T>& u, i64 first, i64 last, T* scratch) {
    const Order& order = *u.order;
    const i64 width = last - first, ahead = ahead_steps(width);
    for (i64 t = 0; t < order.steps && order.active[t] > first; ++t) {
      // z: where the pre-activations of this step's rows wait between passes.
      T* const z0 = scratch;
      const i64 t0 = t / ahead * ahead;
      auto z = [&](i64 step) {
        return u.slots != nullptr ? u.slots + order.row(step, first) * S * u.weights->Hp
                                  : z0 + (step - t0) * width * S * u.weights->Hp;
      };
      if (u.weights->input_first && t == t0) inputs(u, first, last, t0, smaller(order.steps, t0 + ahead), z);
      step(u, first, smaller(order.active[t], last) - first, t, z(t));
    }
  }

  static void backward(const Unfold<T>& u, i64 first, i64 last) {
    const Order& order = *u.order;
    const LayerWeights<T>& w = *u.weights;
    const i64 Hp = w.Hp;
    for (i64 t = smaller(order.steps, order.length[first]) - 1; t >= 0; --t) {
      const i64 n = smaller(order.active[t], last) - first;
      const i64 row = order.row(t, first), before = t > 0 ? order.row(t - 1, first) : 0;
      for (i64 b = 0; b < n; ++b) {
        const T* h_prev = t > 0 ? u.h + (before + b) * Hp : u.h0 + (first + b) * Hp;
        const T* c_prev = !Cell::cell_state ? nullptr : t > 0 ? u.c + (before + b) * Hp : u.c0 + (first + b) * Hp;
        const T* c = Cell::cell_state ? u.c + (row + b) * Hp : nullptr;
        const T* dy = u.dy != nullptr ? u.dy[row + b] : nullptr;
        T* slots = u.slots + (row + b) * S * Hp;
        T* dh = u.dh + (first + b) * Hp;
        T* dc = Cell::cell_state ? u.dc + (first + b) * Hp : nullptr;
        for (i64 j = 0; j < Hp; j += L) {
          Vec<T> s[S], direct, dc_j = {}, c_prev_j = {}, c_j = {};
#pragma GCC unroll 8
          for (int k = 0; k < S; ++k) s[k] = load<T>(slots + k * Hp + j);
          Vec<T> dh_j = load<T>(dh + j);
          if (dy != nullptr) dh_j += load<T>(dy + j);
          if constexpr (Cell::cell_state) {
            dc_j = load<T>(dc + j);
            c_prev_j = load<T>(c_prev + j);
            c_j = load<T>(c + j);
          }
          Cell::template step_grad<T>(s, load<T>(h_prev + j), c_prev_j, c_j, dh_j, dc_j, direct);
#pragma GCC unroll 8
          for (int k = 0; k < S; ++k) store<T>(slots + k * Hp + j, s[k]);
          if constexpr (Cell::cell_state) store<T>(dc + j, dc_j);
          store<T>(dh + j, direct);
        }
      }
      const T* gates = u.slots + row * S * Hp + A * Hp;
      T* dh = u.dh + first * Hp;
      product<T>(n, {nullptr, gates, S * Hp}, w.H, Hp, {nullptr, dh, Hp}, w.back_h, true, nullptr);
    }
  }

 private:
  static i64 ahead_steps(i64 n) { return larger(1, ahead_rows / n); }

  // Bias and input product of steps [t0, t1) into z.
  template <class Z>
  static void inputs(const Unfold<T>& u, i64 first, i64 last, i64 t0, i64 t1, Z&& z) {
    for_groups(u, [&]<int units>(i64 u0) {
      const LayerWeights<T>& w = *u.weights;
      constexpr int V = G * units, most = smaller(6, tile_accumulators / V);
      const i64 K = w.input.row(), pass = panel_k<T>(V);
      const T* panel = w.x_panels + u0 * G * K;
      for (i64 k0 = 0; k0 < K; k0 += pass, panel += pass * V * L) {
        for (i64 t = t0; t < t1 && u.order->active[t] > first; ++t) {
          const T* const* x = u.x + u.order->row(t, first);
          T* const zt = z(t);
          for_tiles<most>(smaller(u.order->active[t], last) - first, [&]<int m>(i64 b0) {
            Vec<T> acc[m][V];
            const T* left[m];
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r) {
              left[r] = x[b0 + r] + k0;
              const T* from = k0 == 0 ? w.bias : zt + (b0 + r) * S * w.Hp;
#pragma GCC unroll 8
              for (int v = 0; v < V; ++v) acc[r][v] = load<T>(from + (v / units) * w.Hp + u0 + v % units * L);
            }
            accumulate<T, m, V, 0>(acc, left, smaller(pass, K - k0), panel);
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
              for (int v = 0; v < V; ++v)
                store<T>(zt + ((b0 + r) * S + v / units) * w.Hp + u0 + v % units * L, acc[r][v]);
          });
        }
      }
    });
  }

  // Step t of sequences [first, first + n). z [n, S, Hp]: with input_first it holds bias and input products.
  static void step(const Unfold<T>& u, i64 first, i64 n, i64 t, T* z) {
    for_groups(u, [&]<int units>(i64 u0) {
      const LayerWeights<T>& w = *u.weights;
      constexpr int V = G * units, W = S * units, most = smaller(6, tile_accumulators / V);
      const i64 H = w.H, Hp = w.Hp, pass = panel_k<T>(V);
      const i64 row = u.order->row(t, first);
      const T* h_prev = t > 0 ? u.h + u.order->row(t - 1, first) * Hp : u.h0 + first * Hp;
      const T* c_prev = nullptr;
      T* c = nullptr;
      if constexpr (Cell::cell_state) {
        c_prev = u.slots == nullptr ? u.c + first * Hp : t > 0 ? u.c + u.order->row(t - 1, first) * Hp : u.c0 + first * Hp;
        c = u.slots == nullptr ? u.c + first * Hp : u.c + row * Hp;
      }
      const T* panel = w.h_panels + u0 * G * H;
      for (i64 k0 = 0; k0 < H; k0 += pass, panel += pass * V * L) {
        const bool last_pass = k0 + pass >= H;
        for_tiles<most>(n, [&]<int m>(i64 b0) {
          Vec<T> acc[m][W];
          const T* left[m];
          T* const zb = z + b0 * S * Hp + u0;
          if (k0 == 0) {
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
              for (int v = 0; v < W; ++v) {
                const T* from = w.input_first && v < V ? zb + r * S * Hp : w.bias + u0;
                acc[r][v] = load<T>(from + (v / units) * Hp + v % units * L);
              }
            if (!w.input_first) {
#pragma GCC unroll 8
              for (int r = 0; r < m; ++r) left[r] = u.x[row + b0 + r];
              accumulate<T, m, V, 0>(acc, left, w.input.row(), w.x_panels + u0 * G * w.input.row());
            }
          } else {
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
              for (int v = 0; v < W; ++v) acc[r][v] = load<T>(zb + (r * S + v / units) * Hp + v % units * L);
          }
#pragma GCC unroll 8
          for (int r = 0; r < m; ++r) left[r] = h_prev + (b0 + r) * Hp + k0;
          accumulate<T, m, V, A * units>(acc, left, smaller(pass, H - k0), panel);
          if (!last_pass) {
#pragma GCC unroll 8
            for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
              for (int v = 0; v < W; ++v) store<T>(zb + (r * S + v / units) * Hp + v % units * L, acc[r][v]);
            return;
          }
#pragma GCC unroll 8
          for (int r = 0; r < m; ++r)
#pragma GCC unroll 8
            for (int k = 0; k < units; ++k) {
              const i64 at = (b0 + r) * Hp + u0 + k * L;
              Vec<T> s[S], h_new, c_new = {}, c_old = {};
#pragma GCC unroll 8
              for (int g = 0; g < S; ++g) s[g] = acc[r][g * units + k];
              if constexpr (Cell::cell_state) c_old = load<T>(c_prev + at);
              Cell::template step<T>(s, load<T>(h_prev + at), c_old, h_new, c_new);
              store<T>(u.h + row * Hp + at, h_new);
              if constexpr (Cell::cell_state) store<T>(c + at, c_new);
              if (u.slots != nullptr)
#pragma GCC unroll 8
                for (int g = 0; g < S; ++g) store<T>(zb + (r * S + g) * Hp + k * L, s[g]);
            }
        });
      }
    });
  }

  // Calls body.template operator()<vectors of units>(first unit) for each group of units that shares a panel.
  template <class Body>
  static TG_INLINE void for_groups(const Unfold<T>& u, Body&& body) {
    constexpr int most = most_units<Cell>;
    const i64 Hp = u.weights->Hp;
    for (i64 u0 = 0; u0 < Hp; u0 += most * L) {
      const i64 units = smaller(most, (Hp - u0) / L);
      if constexpr (most >= 4)
        if (units == 4) body.template operator()<4>(u0);
      if constexpr (most >= 3)
        if (units == 3) body.template operator()<3>(u0);
      if constexpr (most >= 2)
        if (units == 2) body.template operator()<2>(u0);
      if (units == 1) body.template operator()<1>(u0);
    }
  }
};

}  // namespace tg::TG_ISA
