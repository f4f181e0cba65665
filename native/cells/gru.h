// The gated recurrent unit, reset after the product as in torch:
//   n = tanh(U x + b + r (V h' + b')),  h = (1 - z) n + z h',  r, z = sigmoid(.)   (Cho et al. 2014)
#pragma once

#include "cell.h"

namespace tg::TG_ISA {

struct Gru {
  // Slots n r z q, where q = V_n h' + b' is the product kept apart: the input reaches the first three, the state the
  // last three, so either side of the weights meets one contiguous range.
  static constexpr int gates = 3;
  static constexpr int apart = 1;
  static constexpr bool saves = true;
  static constexpr bool cell_state = false;
  static constexpr int input_gate[3] = {2, 0, 1};
  static constexpr int state_gate[3] = {0, 1, 2};

  template <class V>
  static TG_INLINE void step(V* s, const V& h_prev, const V&, V& h, V&) {
    s[1] = sigmoid(s[1]);
    s[2] = sigmoid(s[2]);
    s[0] = tanh(fma(s[1], s[3], s[0]));
    h = fma(s[2], h_prev - s[0], s[0]);
  }

  template <class V>
  static TG_INLINE void step_grad(V* s, const V& h_prev, const V&, const V&, const V& dh, V&, V& dh_direct) {
    const V one(typename V::Number(1)), n = s[0], r = s[1], z = s[2], q = s[3];
    s[0] = dh * (one - z) * (one - n * n);
    s[1] = s[0] * q * r * (one - r);
    s[2] = dh * (h_prev - n) * z * (one - z);
    s[3] = s[0] * r;
    dh_direct = dh * z;
  }
};

}  // namespace tg::TG_ISA
