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
// [G, G + A) the state alone. Where the input is narrow its product joins the state's in one tile; else it runs ahead of
// the loop, over [0, G), and the state's follows over [A, G + A). The choice depends on the layer alone.
template <class T>
struct LayerWeights {
  static constexpr i64 narrow_input = 32;
  i64 H = 0, Hp = 0;
  Blocks input;
  bool joint = false;
  Buffer<T> buffer;
  Panels<T> x;     // joint: [input.row(), A*Hp] to slots [0, A); else [.., G*Hp] to slots [0, G)
  Panels<T> both;  // joint: [input.row() + H, (G-A)*Hp] to slots [A, G)
  Panels<T> h;     // joint: [H, A*Hp] to slots [G, G + A); else [H, G*Hp] to slots [A, G + A)
  T* bias = nullptr;  // [S, Hp]; bias_ih, bias_hh or their sum, as the slot meets input, state or both
  Panels<T> back_h;   // [G*H, H], from the slots that the state reaches
  Panels<T> back_x;   // [G*H, input.row()], from the slots that the input reaches

  template <class Cell>
  void pack(const LayerParams<T>& p, const Blocks& blocks, i64 hidden, bool backward, bool backward_input) {
    constexpr int G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
    H = hidden;
    Hp = round_up(hidden, Simd<T>::lanes);
    input = blocks;
    joint = input.row() <= narrow_input;
    const Blocks state{1, H, H};
    const i64 I = input.row(), alone = (joint ? A : G) * Hp, shared = joint ? (G - A) * Hp : 0;
    i64 end = 0;
    auto room = [&](i64 size) { return end += size, end - size; };
    const i64 at_x = room(I * alone), at_both = room((I + H) * shared), at_h = room(H * alone), at_bias = room(S * Hp);
    const i64 at_back_h = room(backward ? Panels<T>::size(G, H, H) : 0);
    const i64 at_back_x = room(backward_input ? Panels<T>::size(G, H, I) : 0);
    T* const to = buffer.reserve(end);
    const auto columns = [&](const T* weight, const int* gate, i64 width) {
      return [=, this](i64 n) { return n % Hp < H ? weight + (gate[n / Hp] * H + n % Hp) * width : nullptr; };
    };
    const i64 width = input.columns();
    x.pack_transposed(to + at_x, I, 0, alone, input, columns(p.weight_ih, Cell::input_gate, width));
    both.pack_transposed(to + at_both, I + H, 0, shared, input, columns(p.weight_ih, Cell::input_gate + A, width));
    both.pack_transposed(to + at_both, I + H, I, shared, state, columns(p.weight_hh, Cell::state_gate, H));
    h.pack_transposed(to + at_h, H, 0, alone, state, columns(p.weight_hh, Cell::state_gate + (joint ? G - A : 0), H));
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
