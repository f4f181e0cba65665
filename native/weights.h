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

// Vectors of units that one panel covers: a cell of one gate takes several, so that its panel is as wide as an LSTM's.
template <class Cell>
inline constexpr int most_units = Cell::gates >= 3 ? 1 : group / Cell::gates;

template <class T>
struct LayerWeights {
  i64 H = 0, Hp = 0;
  Blocks input;
  bool input_first = false;  // the input's product runs for many steps before the loop, not in it
  Buffer<T> buffer;
  T* x_panels = nullptr;  // by group of units, [k < input.row()][gate][vector of units][lane]
  T* h_panels = nullptr;  // by group of units, [k < H][gate][vector of units][lane]
  T* bias = nullptr;      // [S, Hp]; slots apart hold bias_hh alone, the others both or bias_ih alone
  Panels<T> back_h;       // [G*H, H], the gates in the order of the slots that the state reaches
  Panels<T> back_x;       // [G*H, input.row()], in the order of the slots that the input reaches

  template <class Cell>
  void pack(const LayerParams<T>& p, const Blocks& blocks, i64 hidden, bool backward, bool backward_input) {
    constexpr int L = Simd<T>::lanes, G = Cell::gates, A = Cell::apart, S = slots_of<Cell>;
    H = hidden;
    Hp = round_up(hidden, L);
    input = blocks;
    input_first = input.row() >= 24;
    const i64 x_size = input.row() * G * Hp, h_size = H * G * Hp;
    const i64 back_h_size = backward ? Panels<T>::size(G * H, H) : 0;
    const i64 back_x_size = backward_input ? Panels<T>::size(G * H, input.row()) : 0;
    T* at = buffer.reserve(x_size + h_size + S * Hp + back_h_size + back_x_size);
    x_panels = at;
    h_panels = x_panels + x_size;
    bias = h_panels + h_size;
    pack_forward<Cell>(x_panels, p.weight_ih, Cell::input_gate, input);
    pack_forward<Cell>(h_panels, p.weight_hh, Cell::state_gate, Blocks{1, H, H});
    std::memset(static_cast<void*>(bias), 0, sizeof(T) * size_t(S * Hp));
    for (int s = 0; s < G; ++s)
      for (i64 u = 0; u < H; ++u) {
        bias[s * Hp + u] += p.bias_ih[Cell::input_gate[s] * H + u];
        bias[(A + s) * Hp + u] += p.bias_hh[Cell::state_gate[s] * H + u];
      }
    if (backward) pack_backward<Cell>(back_h, bias + S * Hp, p.weight_hh, Cell::state_gate, Blocks{1, H, H});
    if (backward_input) pack_backward<Cell>(back_x, bias + S * Hp + back_h_size, p.weight_ih, Cell::input_gate, input);
  }

 private:
  template <class Cell>
  void pack_forward(T* to, const T* weight, const int* gate, const Blocks& in) {
    constexpr int L = Simd<T>::lanes, G = Cell::gates;
    const i64 columns = in.columns(), K = in.row();
    for (i64 u0 = 0; u0 < Hp; u0 += most_units<Cell> * L) {
      const i64 units = smaller(Hp - u0, most_units<Cell> * L);
      const i64 stride = G * units;
      for (int s = 0; s < G; ++s)
        for (i64 u = 0; u < units; ++u) {
          T* out = to + s * units + u;
          if (u0 + u >= H) {
            for (i64 k = 0; k < K; ++k) out[k * stride] = 0;
            continue;
          }
          const T* row = weight + (gate[s] * H + u0 + u) * columns;
          for (i64 b = 0; b < in.count; ++b) {
            for (i64 j = 0; j < in.width; ++j) out[(b * in.padded + j) * stride] = row[b * in.width + j];
            for (i64 j = in.width; j < in.padded; ++j) out[(b * in.padded + j) * stride] = 0;
          }
        }
      to += K * stride;
    }
  }

  template <class Cell>
  void pack_backward(Panels<T>& panels, T* to, const T* weight, const int* gate, const Blocks& in) {
    const i64 columns = in.columns();
    panels.pack_rows(to, Cell::gates * H, in, [=, this](i64 k) { return weight + (gate[k / H] * H + k % H) * columns; });
  }
};

}  // namespace tg::TG_ISA
