// The LSTM cell: c = f c' + i g, h = o tanh(c), with i, f, o = sigmoid(.) and g = tanh(.) of U x + V h' + b
// (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000).
#pragma once

#include "cell.h"

namespace tg::TG_ISA {

struct Lstm {
  static constexpr int gates = 4;  // i f g o
  static constexpr int apart = 0;
  static constexpr bool saves = true;
  static constexpr bool cell_state = true;
  static constexpr int input_gate[4] = {0, 1, 2, 3};
  static constexpr int state_gate[4] = {0, 1, 2, 3};

  template <class V>
  static TG_INLINE void step(V* s, const V&, const V& c_prev, V& h, V& c) {
    s[0] = sigmoid(s[0]);
    s[1] = sigmoid(s[1]);
    s[2] = tanh(s[2]);
    s[3] = sigmoid(s[3]);
    c = fma(s[1], c_prev, s[0] * s[2]);
    h = s[3] * tanh(c);
  }

  template <class V>
  static TG_INLINE void step_grad(V* s, const V&, const V& c_prev, const V& c, const V& dh, V& dc, V& dh_direct) {
    const V one(typename V::Number(1)), i = s[0], f = s[1], g = s[2], o = s[3], y = tanh(c);
    dc = fma(dh * o, one - y * y, dc);
    s[0] = dc * g * i * (one - i);
    s[1] = dc * c_prev * f * (one - f);
    s[2] = dc * i * (one - g * g);
    s[3] = dh * y * o * (one - o);
    dc = dc * f;
    dh_direct = V(Vec<typename V::Number>{});
  }
};

}  // namespace tg::TG_ISA
