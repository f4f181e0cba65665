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

  template <class Cell>
  void pack(const LayerParams<T>& p, const Blocks& blocks, i64 hidden, bool backward, bool backward_input) {
    constexpr int G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
    H = hidden;
    Hp = round_up(hidden, Simd<T>::lanes);
    input = blocks;
    joint = input.row() <= narrow_input || (input.row() + H) * G * Hp * i64(sizeof(T)) <= near_bytes;
    const Blocks state{1, H, H};
    const i64 I = input.row(), K = (joint ? I : 0) + H;
    i64 end = 0;
    auto room = [&](i64 size) { return end += size, end - size; };
    const i64 at_units = room(K * G * Hp), at_x = room(joint ? 0 : I * G * Hp), at_bias = room(S * Hp);
    const i64 at_back_h = room(backward ? Panels<T>::size(G, H, H) : 0);
    const i64 at_back_x = room(backward_input ? Panels<T>::size(G, H, I) : 0);
    T* const to = buffer.reserve(end);
    const i64 width = input.columns();
    constexpr i64 L = Simd<T>::lanes;
    // column n of `units` is a lane of vector n / L: gate by gate for each vector of units
    const auto by_unit = [&](const T* weight, const int* gate, i64 wide) {
      return [=, this](i64 n) {
        const i64 unit = n / (G * L) * L + n % L;
        return unit < H ? weight + (gate[n / L % G] * H + unit) * wide : nullptr;
      };
    };
    units.wide = (S == 1 ? group : G) * L;
    if (joint) units.pack_transposed(to + at_units, K, 0, G * Hp, input, by_unit(p.weight_ih, Cell::input_gate, width));
    units.pack_transposed(to + at_units, K, K - H, G * Hp, state, by_unit(p.weight_hh, Cell::state_gate, H));
    if (!joint)
      x.pack_transposed(to + at_x, I, 0, G * Hp, input, [&](i64 n) {
        return n % Hp < H ? p.weight_ih + (Cell::input_gate[n / Hp] * H + n % Hp) * width : nullptr;
      });
    bias = to + at_bias;
    std::memset(static_cast<void*>(bias), 0, sizeof(T) * size_t(S * Hp));
    for (int s = 0; s < G; ++s)
      for (i64 u = 0; u < H; ++u) {
        bias[s * Hp + u] += p.bias_ih[Cell::input_gate[s] * H + u];
        bias[(A + s) * Hp + u] += p.bias_hh[Cell::state_gate[s] * H + u];
      }
    const auto rows = [&](const T* weight, const int* gate, i64 wide) {
      return [=, this](i64 k) { return weight + (gate[k / H] * H + k % H) * wide; };
    };
    if (backward) back_h.pack_rows(to + at_back_h, G, H, state, rows(p.weight_hh, Cell::state_gate, H));
    if (backward_input) back_x.pack_rows(to + at_back_x, G, H, input, rows(p.weight_ih, Cell::input_gate, width));
  }
};

}  // namespace tg::TG_ISA
