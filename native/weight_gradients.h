// The gradients of a layer's weights and biases: an outer product cut into parts that threads share, and its sums taken
// apart into the parameters' layout.
#pragma once

#include "layer.h"
#include "order.h"
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
  const T* h = nullptr;         // [rows, Hp]
  const T* h0 = nullptr;        // [n, Hp]
  const T* const* x = nullptr;  // [rows] input rows
  const T* slots = nullptr;     // [rows, S, Hp] gradients of the pre-activations
  i64 Hp = 0, stride = 0;       // from row to row of h, of slots
  LayerOffsets offsets{};
};

// The rows of the sequences at packed positions [first, last), step by step: the state that each step started from, its input,
// its gradients.
template <class T>
class OuterWalk {
 public:
  OuterWalk(const Order& order, const OuterLayer<T>& layer, i64 first, i64 last)
      : order_(order), layer_(layer), first_(first), last_(last), p_(first) {}

  OuterRows<T> operator()() {
    turn_ ^= 1;
    const T **h = h_[turn_], **x = x_[turn_], **slots = slots_[turn_];
    i64 count = 0;
    while (count < outer_block && t_ < order_.steps && order_.active[t_] > first_) {
      const i64 end = smaller(order_.active[t_], last_), some = smaller(end - p_, outer_block - count), row = order_.row(t_, p_);
      const T* const before = t_ == 0 ? layer_.h0 + p_ * layer_.Hp : layer_.h + order_.row(t_ - 1, p_) * layer_.Hp;
      for (i64 i = 0; i < some; ++i, ++count) {
        h[count] = before + i * layer_.Hp;
        x[count] = layer_.x[row + i];
        slots[count] = layer_.slots + (row + i) * layer_.stride;
      }
      p_ += some;
      if (p_ == end) ++t_, p_ = first_;
    }
    return {count, {h, x}, {slots}};
  }

 private:
  const Order& order_;
  const OuterLayer<T>& layer_;
  i64 first_, last_;
  i64 t_ = 0, p_;  // of the next row
  int turn_ = 0;
  const T* h_[2][outer_block];
  const T* x_[2][outer_block];
  const T* slots_[2][outer_block];
};

template <class T>
class WeightGradients {
 public:
  static constexpr int L = Simd<T>::lanes;

  WeightGradients(const CellKernels<T>& kernels, i64 hidden) : kernels_(kernels), H_(hidden), Hp_(round_up(hidden, L)) {}

  // Of D directions of a layer with such an input, into the flat gradient.
  void run(const Order& order, const OuterLayer<T>* layers, int D, const Blocks& input, T* gradient) {
    const i64 M = kernels_.gates * Hp_, inputs = H_ + input.row(), workers = threads();
    // Every thread has as much to do. What a task adds up stays in the second cache.
    const i64 most = larger(1, outer_bytes / (i64(sizeof(T)) * inputs)), panels = (M + panel - 1) / panel * D;
    const bool even = panels % workers == 0 || panels >= 8 * workers;
    const i64 chunk = even ? round_up(smaller(most, (M * D + workers - 1) / workers), panel) : panel;
    const i64 cuts = even ? 1 : larger(1, smaller(workers / std::gcd(panels, workers), inputs / outer_strip));
    const i64 parts = (M + chunk - 1) / chunk, tall = round_up((inputs + cuts - 1) / cuts, tile_rows), all = D * parts * cuts;
    const i64 each = Outer<T>::c_size(tall, chunk) + chunk + kernels_.apart * Hp_ + Outer<T>::scratch_size(tall);
    T* const memory = memory_.reserve(each * all);
    const auto part = [&](i64 i) {
      const i64 n0 = i / cuts % parts * chunk, m0 = smaller(inputs, i % cuts * tall);
      return Part(*this, n0, smaller(M, n0 + chunk), m0, smaller(inputs, m0 + tall));
    };
    parallel(all, [&](i64 i) {
      FlushSubnormals flush;
      const OuterLayer<T>& layer = layers[i / cuts / parts];
      OuterWalk<T> rows(order, layer, 0, order.n);
      part(i).run(rows, memory + i * each, layer.offsets, input, gradient);
    });
  }

 private:
  static constexpr i64 panel = Outer<T>::panel;
  static constexpr i64 outer_bytes = 1 << 19;  // of sums that a task works on

  const CellKernels<T>& kernels_;
  i64 H_, Hp_;
  Buffer<T> memory_;

  // What a task works on: gates [n0, n1), counted in slots, by inputs [m0, m1) of states and inputs side by side. A cell whose
  // state reaches other slots than its input has slots of its one, the other, or both.
  struct Part {
    const WeightGradients& of;
    i64 h0, h1, x0, x1;
    Source sources[2];
    Section sections[3];
    int count = 0;

    Part(const WeightGradients& all, i64 n0, i64 n1, i64 m0, i64 m1)
        : of(all), h0(smaller(m0, all.H_)), h1(smaller(m1, all.H_)), x0(larger(m0, all.H_) - all.H_), x1(larger(m1, all.H_) - all.H_),
          sources{{h1 - h0, h0}, {x1 - x0, x0}} {
      const i64 apart = of.kernels_.apart * of.Hp_;
      const auto add = [&](i64 first, i64 last, int source, int used) {
        if (first < last) sections[count++] = {first, last, source, used};
      };
      add(n0, smaller(n1, n0 + apart), 1, 1);
      add(n0 + apart, n1, 0, 2);
      add(larger(n1, n0 + apart), n1 + apart, 0, 1);
    }

    Outer<T> outer() const { return {sources, 2, sections, count}; }
    i64 columns() const {
      i64 total = 0;
      for (int s = 0; s < count; ++s) total += sections[s].last - sections[s].first;
      return total;
    }
    i64 size() const {
      i64 total = 0;
      for (int s = 0; s < count; ++s) total += Outer<T>::c_size(outer().inputs(sections[s]), sections[s].last - sections[s].first);
      return total;
    }

    // memory: c, sums, scratch. Leaves the sums in the parameters' layout.
    template <class Rows>
    void run(Rows& rows, T* memory, const LayerOffsets& o, const Blocks& input, T* gradient) const {
      T *c = memory, *sums = memory + size();
      outer().run(rows, c, sums, sums + columns());
      const CellKernels<T>& k = of.kernels_;
      const auto to = [&](const int* gate, i64 slot) { return gate[slot / of.Hp_] * of.H_ + slot % of.Hp_; };
      for (int s = 0; s < count; ++s) {
        const Section& section = sections[s];
        const i64 all = section.last - section.first, m_count = outer().inputs(section);
        for (i64 n = 0; n < all; n += L) {  // of one gate, as its slots are whole vectors
          const i64 slot = section.first + n, states = section.source == 0 ? h1 - h0 : 0;
          const Column column{c, m_count, all, n, smaller(L, of.H_ - slot % of.Hp_)};
          if (section.source == 0) {
            const i64 row = to(k.state_gate, slot - k.apart * of.Hp_);
            unpack(column, 0, row, h0, h1, {1, of.H_, of.Hp_}, gradient + o.weight_hh);
            bias(sums + n, column, h0, h1, gradient + o.bias_hh + row);
          }
          if (section.source + section.sources == 2) {
            const i64 row = to(k.input_gate, slot);
            unpack(column, states, row, x0, x1, input, gradient + o.weight_ih);
            bias(sums + n, column, x0, x1, gradient + o.bias_ih + row);
          }
        }
        c += m_count * all;
        sums += all;
      }
    }

   private:
    // `count` gates from column n on of the sums of a section.
    struct Column {
      const T* c;
      i64 inputs, columns, n, count;
    };

    // With the first of the inputs.
    static void bias(const T* sums, const Column& column, i64 j0, i64 j1, T* to) {
      if (j0 == 0 && j1 > 0 && column.count > 0) std::memcpy(to, sums, sizeof(T) * size_t(column.count));
    }

    // Inputs [j0, j1) of a weight, which begin at m, to the rows of the parameter from `row` on.
    static void unpack(const Column& column, i64 m, i64 row, i64 j0, i64 j1, const Blocks& in, T* weight) {
      const i64 width = in.columns();
      for (i64 b = 0; b < in.count && column.count > 0; ++b) {
        const i64 start = b * in.padded, first = larger(j0, start), last = smaller(j1, start + in.width);
        T* const to = weight + row * width + b * in.width + first - start;
        if (first < last)
          Outer<T>::columns_of(column.c, column.inputs, column.columns, column.n, column.count, m + first - j0, last - first,
                               [&](i64 i) { return to + i * width; });
      }
    }
  };
};

}  // namespace tg::TG_ISA
