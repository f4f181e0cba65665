// The weights of one layer and direction, packed once a call for both ways of the loop over time.
#pragma once

#include "cells/cell.h"
#include "gemm.h"

namespace tg::TG_ISA {

// Parameters of one layer and direction where they lie in the flat buffer, torch's layout.
template <class T>
struct LayerParams {
  const T* weight_ih;  // [G*H, I]
  const T* weight_hh;  // [G*H, H]
  const T* bias_ih;    // [G*H]
  const T* bias_hh;    // [G*H]
};

// The slots of a unit (see cells/cell.h) meet the input, the state or both: [0, A) the input alone, [A, G) both,
// [G, G + A) the state alone. Where the weights are few or the input is narrow its product joins the state's in one tile;
// else it runs ahead of the loop, over [0, G), and the state's follows over [A, G + A). The choice depends on the layer
// alone.
template <class T>
struct LayerWeights {
  static constexpr i64 narrow_input = 32;      // inputs that always join the state
  static constexpr i64 near_bytes = 1 << 21;  // weights that every step may read: some of them stay in the second cache
  i64 H = 0, Hp = 0;
  Blocks input;
  bool joint = false;
  Buffer<T> buffer;
  Panels<T> units;  // [joint: input.row() +, H; G*Hp], unit by unit: the columns of a vector of units lie side by side
  Panels<T> x;      // not joint: [input.row(), G*Hp] to slots [0, G)
  T* bias = nullptr;  // [S, Hp]; bias_ih, bias_hh or their sum, as the slot meets input, state or both
  Panels<T> back_h;   // [G*H, H], from the slots that the state reaches
  Panels<T> back_x;   // [G*H, input.row()], from the slots that the input reaches

  // Where it all lies, for a layer of such a shape; then every unit is packed, in any order.
  template <class Cell>
  void lie(const Blocks& blocks, i64 hidden, bool backward, bool backward_input) {
    constexpr int G = Cell::gates, S = slots_of<Cell>;
    H = hidden;
    Hp = round_up(hidden, Simd<T>::lanes);
    input = blocks;
    joint = input.row() <= narrow_input || (input.row() + H) * G * Hp * i64(sizeof(T)) <= near_bytes;
    backward_ = backward;
    backward_input_ = backward_input;
    const i64 I = input.row(), K = (joint ? I : 0) + H;
    i64 end = 0;
    auto room = [&](i64 size) { return end += size, end - size; };
    const i64 at_units = room(K * G * Hp), at_x = room(joint ? 0 : I * G * Hp), at_bias = room(S * Hp);
    const i64 at_back_h = room(backward ? Panels<T>::size(G, H, H) : 0);
    const i64 at_back_x = room(backward_input ? Panels<T>::size(G, H, I) : 0);
    T* const to = buffer.reserve(end);
    units.wide = (S == 1 ? group : G) * Simd<T>::lanes;
    units.lie(to + at_units, 1, K, G * Hp);
    if (!joint) x.lie(to + at_x, 1, I, G * Hp);
    bias = to + at_bias;
    if (backward) back_h.lie(to + at_back_h, G, H, H);
    if (backward_input) back_x.lie(to + at_back_x, G, H, I);
  }

  // Units [first, last) of a layer; `first` is a multiple of the lanes.
  template <class Cell>
  void pack(const LayerParams<T>& p, i64 first, i64 last) {
    constexpr int G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
    constexpr i64 L = Simd<T>::lanes;
    const Blocks state{1, H, H};
    const i64 width = input.columns(), end = round_up(last, L);
    // column n of `units` is a lane of vector n / L: gate by gate for each vector of units
    const auto by_unit = [&](const T* weight, const int* gate, i64 wide) {
      return [=, this](i64 n) {
        const i64 unit = n / (G * L) * L + n % L;
        return unit < H ? weight + (gate[n / L % G] * H + unit) * wide : nullptr;
      };
    };
    if (joint) units.pack_transposed(0, first * G, end * G, input, by_unit(p.weight_ih, Cell::input_gate, width));
    units.pack_transposed(units.K - H, first * G, end * G, state, by_unit(p.weight_hh, Cell::state_gate, H));
    for (int g = 0; g < G && !joint; ++g)
      x.pack_transposed(0, g * Hp + first, g * Hp + end, input, [&](i64 n) {
        return n % Hp < H ? p.weight_ih + (Cell::input_gate[g] * H + n % Hp) * width : nullptr;
      });
    for (int s = 0; s < S; ++s)
      for (i64 u = first; u < end; ++u) {
        bias[s * Hp + u] = 0;
        if (u < H && s < G) bias[s * Hp + u] += p.bias_ih[Cell::input_gate[s] * H + u];
        if (u < H && s >= A) bias[s * Hp + u] += p.bias_hh[Cell::state_gate[s - A] * H + u];
      }
    for (int g = 0; g < G; ++g) {
      const auto rows = [&](const T* weight, const int* gate, i64 wide) {
        return [=, this](i64 k) { return weight + (gate[g] * H + k - g * H) * wide; };
      };
      if (backward_) back_h.pack_rows(g * H + first, g * H + last, state, rows(p.weight_hh, Cell::state_gate, H));
      if (backward_input_) back_x.pack_rows(g * H + first, g * H + last, input, rows(p.weight_ih, Cell::input_gate, width));
    }
  }

 private:
  bool backward_ = false, backward_input_ = false;
};

}  // namespace tg::TG_ISA
