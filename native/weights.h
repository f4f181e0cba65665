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

template <class T>
struct LayerWeights {
  i64 H = 0, Hp = 0;
  Blocks input;
  Buffer<T> buffer;
  Panels<T> x;       // [input.row(), G*Hp] to the slots that the input reaches
  Panels<T> h;       // [H, G*Hp] to the slots that the state reaches
  T* bias = nullptr; // [S, Hp]; slots apart hold bias_hh alone, those that both reach the sum, the others bias_ih alone
  Panels<T> back_h;  // [G*H, H], from the slots that the state reaches
  Panels<T> back_x;  // [G*H, input.row()], from the slots that the input reaches

  template <class Cell>
  void pack(const LayerParams<T>& p, const Blocks& blocks, i64 hidden, bool backward, bool backward_input) {
    constexpr int G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
    H = hidden;
    Hp = round_up(hidden, Simd<T>::lanes);
    input = blocks;
    const Blocks state{1, H, H};
    const i64 x_size = Panels<T>::size(input.row(), G * Hp), h_size = Panels<T>::size(H, G * Hp);
    const i64 back_h_size = backward ? Panels<T>::size(G * H, H) : 0;
    const i64 back_x_size = backward_input ? Panels<T>::size(G * H, input.row()) : 0;
    T* at = buffer.reserve(x_size + h_size + S * Hp + back_h_size + back_x_size);
    pack_forward(x, at, G, p.weight_ih, Cell::input_gate, input);
    pack_forward(h, at += x_size, G, p.weight_hh, Cell::state_gate, state);
    bias = at += h_size;
    std::memset(static_cast<void*>(bias), 0, sizeof(T) * size_t(S * Hp));
    for (int s = 0; s < G; ++s)
      for (i64 u = 0; u < H; ++u) {
        bias[s * Hp + u] += p.bias_ih[Cell::input_gate[s] * H + u];
        bias[(A + s) * Hp + u] += p.bias_hh[Cell::state_gate[s] * H + u];
      }
    at += S * Hp;
    if (backward) pack_backward(back_h, at, G, p.weight_hh, Cell::state_gate, state);
    if (backward_input) pack_backward(back_x, at + back_h_size, G, p.weight_ih, Cell::input_gate, input);
  }

 private:
  void pack_forward(Panels<T>& panels, T* to, int gates, const T* weight, const int* gate, const Blocks& in) const {
    panels.pack_transposed(to, gates * Hp, in, [&](i64 n) {
      return n % Hp < H ? weight + (gate[n / Hp] * H + n % Hp) * in.columns() : nullptr;
    });
  }

  void pack_backward(Panels<T>& panels, T* to, int gates, const T* weight, const int* gate, const Blocks& in) const {
    panels.pack_rows(to, gates * H, in, [&](i64 k) { return weight + (gate[k / H] * H + k % H) * in.columns(); });
  }
};

}  // namespace tg::TG_ISA
