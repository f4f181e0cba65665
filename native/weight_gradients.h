// The gradients of a layer's weights and biases: an outer product cut into parts that threads share, and its sums taken
// apart into the parameters' layout.
#pragma once

#include "layer.h"
#include "outer.h"
#include "threads.h"

#include <numeric>

namespace tg::TG_ISA {

// Where a layer's parameters lie in the flat buffer.
struct LayerOffsets {
  i64 weight_ih, weight_hh, bias_ih, bias_hh;
};

// What one direction of a layer has after its way back.
template <class T>
struct OuterLayer {
  const T* const* h_prev = nullptr;  // [rows] states that each step started from
  const T* const* x = nullptr;       // [rows] input rows
  const T* slots = nullptr;          // [rows, S, Hp] gradients of the pre-activations
  LayerOffsets offsets{};
};

template <class T>
class WeightGradients {
 public:
  static constexpr int L = Simd<T>::lanes;

  WeightGradients(const CellKernels<T>& kernels, i64 hidden) : kernels_(kernels), H_(hidden), Hp_(round_up(hidden, L)) {}

  // Of D directions of a layer with such an input, into the flat gradient.
  void run(i64 rows, const OuterLayer<T>* layers, int D, const Blocks& input, T* gradient) {
    constexpr i64 panel = Outer<T>::panel;
    const i64 M = kernels_.gates * Hp_, inputs = H_ + input.row();
    // Every thread has as much to do. What a task adds up stays in the second cache.
    const i64 most = larger(1, outer_bytes / (i64(sizeof(T)) * inputs)), panels = (M + panel - 1) / panel * D;
    const bool even = panels % threads() == 0 || panels >= 8 * threads();
    const i64 chunk = even ? round_up(smaller(most, (M * D + threads() - 1) / threads()), panel) : panel;
    const i64 cuts = even ? 1 : larger(1, smaller(threads() / std::gcd(panels, i64(threads())), inputs / outer_strip));
    const i64 parts = (M + chunk - 1) / chunk, tall = round_up((inputs + cuts - 1) / cuts, tile_rows);
    const i64 each = Outer<T>::c_size(tall, chunk) + chunk + Outer<T>::scratch_size(tall);
    T* const memory = memory_.reserve(each * D * parts * cuts);
    parallel(D * parts * cuts, [&](i64 i) {
      FlushSubnormals flush;
      const i64 n0 = i / cuts % parts * chunk, m0 = smaller(inputs, i % cuts * tall);
      const Part part{n0, smaller(M, n0 + chunk), m0, smaller(inputs, m0 + tall)};
      run_part(rows, layers[i / cuts / parts], part, input, gradient, memory + i * each);
    });
  }

 private:
  // What a task works on: gates [n0, n1), counted in slots, by inputs [m0, m1) of states and inputs side by side.
  struct Part {
    i64 n0, n1, m0, m1;
  };
  // What Outer summed up: all of its inputs, those of a weight from `first` on.
  struct Sums {
    const T* c;
    i64 inputs, first;
  };
  static constexpr i64 outer_bytes = 1 << 19;  // of sums that a task works on

  const CellKernels<T>& kernels_;
  i64 H_, Hp_;
  Buffer<T> memory_;

  void run_part(i64 rows, const OuterLayer<T>& layer, const Part& part, const Blocks& input, T* gradient, T* memory) const {
    const LayerOffsets& o = layer.offsets;
    const i64 stride = kernels_.slots * Hp_, count = part.n1 - part.n0;
    const Blocks states{1, H_, Hp_};
    // of the states and of the inputs
    const i64 h0 = smaller(part.m0, H_), h1 = smaller(part.m1, H_), x0 = larger(part.m0, H_) - H_, x1 = larger(part.m1, H_) - H_;
    const Source<T> both[2] = {{layer.h_prev, h1 - h0, h0}, {layer.x, x1 - x0, x0}};
    const T* const base = layer.slots + part.n0;
    T* const sums = memory;
    T* const scratch = sums + round_up(count, L);
    T* const c = scratch + Outer<T>::scratch_size(part.m1 - part.m0);
    const auto leave_states = [&](i64 of) {
      unpack({c, of, 0}, sums, part, kernels_.state_gate, h0, h1, states, gradient + o.weight_hh, gradient + o.bias_hh);
    };
    const auto leave_inputs = [&](i64 of) {
      unpack({c, of, of - (x1 - x0)}, sums, part, kernels_.input_gate, x0, x1, input, gradient + o.weight_ih, gradient + o.bias_ih);
    };
    if (kernels_.apart == 0) {
      const Outer<T> outer{rows, both, 2, base, stride, count};
      outer.run(c, sums, scratch);
      leave_states(outer.inputs());
      leave_inputs(outer.inputs());
      return;
    }
    if (h1 > h0) {
      Outer<T>{rows, both, 1, base + kernels_.apart * Hp_, stride, count}.run(c, sums, scratch);
      leave_states(h1 - h0);
    }
    if (x1 > x0) {
      Outer<T>{rows, both + 1, 1, base, stride, count}.run(c, sums, scratch);
      leave_inputs(x1 - x0);
    }
  }

  // The gates of a part to the rows of a parameter in torch's layout, inputs [j0, j1) of it, and with the first of them
  // the biases.
  void unpack(const Sums& from, const T* sums, const Part& part, const int* gate, i64 j0, i64 j1, const Blocks& in, T* weight,
              T* bias) const {
    const i64 width = in.columns();
    if (j1 <= j0) return;
    for (i64 n = part.n0; n < part.n1; n += L) {  // of one gate, as its slots are whole vectors
      const i64 unit = n % Hp_, row = gate[n / Hp_] * H_ + unit, count = smaller(L, H_ - unit);
      if (count > 0 && j0 == 0) std::memcpy(bias + row, sums + n - part.n0, sizeof(T) * size_t(count));
      for (i64 b = 0; b < in.count; ++b) {
        const i64 start = b * in.padded, first = larger(j0, start), last = smaller(j1, start + in.width);
        T* const to = weight + row * width + b * in.width + first - start;
        if (first < last)
          Outer<T>::columns_of(from.c, from.inputs, part.n1 - part.n0, n - part.n0, count, from.first + first - j0, last - first,
                               [&](i64 i) { return to + i * width; });
      }
    }
  }
};

}  // namespace tg::TG_ISA
