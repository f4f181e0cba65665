// The vanilla recurrent cell: h = f(U x + V h' + b), with f tanh, relu or the identity.
#pragma once

#include "cell.h"

namespace tg::TG_ISA {

enum class Activation { tanh, relu, linear };

template <Activation f>
struct Rnn {
  static constexpr int gates = 1;
  static constexpr int apart = 0;
  static constexpr bool saves = false;
  static constexpr bool cell_state = false;
  static constexpr int input_gate[1] = {0};
  static constexpr int state_gate[1] = {0};

  template <class V>
  static TG_INLINE void step(V* s, const V&, const V&, V& h, V&) {
    if constexpr (f == Activation::tanh) h = tanh(s[0]);
    if constexpr (f == Activation::relu) h = positive(s[0]);
    if constexpr (f == Activation::linear) h = s[0];
    s[0] = h;
  }

  template <class V>
  static TG_INLINE void step_grad(V* s, const V&, const V&, const V&, const V& dh, V&, V& dh_direct) {
    const V h = s[0];
    if constexpr (f == Activation::tanh) s[0] = dh * (V(typename V::Number(1)) - h * h);
    if constexpr (f == Activation::relu) s[0] = where_positive(dh, h);
    if constexpr (f == Activation::linear) s[0] = dh;
    dh_direct = V(Vec<typename V::Number>{});
  }
};

}  // namespace tg::TG_ISA
