// The vanilla recurrent cell: h = f(U x + V h' + b), with f tanh, relu or the identity.
#pragma once

#include "../simd.h"

namespace tg::TG_ISA {

enum class Activation { tanh, relu, linear };

template <Activation f>
struct Rnn {
  static constexpr int gates = 1;
  static constexpr int apart = 0;
  static constexpr bool cell_state = false;
  static constexpr int input_gate[1] = {0};
  static constexpr int state_gate[1] = {0};

  template <class T>
  static TG_INLINE void step(Vec<T>* s, Vec<T>, Vec<T>, Vec<T>& h, Vec<T>&) {
    if constexpr (f == Activation::tanh) h = tanh<T>(s[0]);
    if constexpr (f == Activation::relu) h = s[0] < Vec<T>{} ? Vec<T>{} : s[0];
    if constexpr (f == Activation::linear) h = s[0];
    s[0] = h;
  }

  template <class T>
  static TG_INLINE void step_grad(Vec<T>* s, Vec<T>, Vec<T>, Vec<T>, Vec<T> dh, Vec<T>&, Vec<T>& dh_direct) {
    const Vec<T> h = s[0];
    if constexpr (f == Activation::tanh) s[0] = dh * (set1<T>(1) - h * h);
    if constexpr (f == Activation::relu) s[0] = h > Vec<T>{} ? dh : Vec<T>{};
    if constexpr (f == Activation::linear) s[0] = dh;
    dh_direct = Vec<T>{};
  }
};

}  // namespace tg::TG_ISA
