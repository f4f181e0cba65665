// The recurrent layers of a network, one above the other, over one batch: forward, backward, weight gradients.
#pragma once

#include "random.h"
#include "tables.h"
#include "tape.h"
#include "threads.h"
#include "weight_gradients.h"

namespace tg::TG_ISA {

template <class T>
class Stack {
 public:
  static constexpr int L = Simd<T>::lanes;

  Stack(const NetworkDesc& desc, i64 first_parameter)
      : desc_(desc),
        kernels_(new_kernels<T>(desc.cell)),
        weights_(new LayerWeights<T>[size_t(desc.layers * desc.directions())]),
        offsets_(new LayerOffsets[size_t(desc.layers * desc.directions())]) {
    const i64 gate_rows = kernels_->gates * desc.hidden;
    i64 at = first_parameter;
    for (i64 l = 0; l < desc.layers; ++l)
      for (int d = 0; d < desc.directions(); ++d) {
        LayerOffsets& o = offsets_[l * desc.directions() + d];
        o.weight_ih = at;
        o.weight_hh = o.weight_ih + gate_rows * desc.layer_inputs(l);
        o.bias_ih = o.weight_hh + gate_rows * desc.hidden;
        o.bias_hh = o.bias_ih + gate_rows;
        at = o.bias_hh + gate_rows;
      }
    end_ = at;
  }
  ~Stack() {
    delete kernels_;
    delete[] weights_;
    delete[] offsets_;
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  const CellKernels<T>& kernels() const { return *kernels_; }
  i64 end() const { return end_; }  // first parameter past the layers
  i64 Hp() const { return round_up(desc_.hidden, L); }
  LayerWeights<T>& weights(i64 layer, int direction) { return weights_[layer * desc_.directions() + direction]; }

  Blocks input_blocks(i64 layer) const {
    if (layer == 0) return Blocks{1, desc_.layer_inputs(0), desc_.layer_inputs(0)};
    return Blocks{desc_.directions(), desc_.hidden, Hp()};
  }

  void pack(const T* params, bool backward, bool backward_input, const Noise& noise) {
    const i64 size = kernels_->gates * desc_.hidden * desc_.hidden, count = desc_.layers * desc_.directions();
    T* const masked = drops_weights(noise) ? masked_.reserve(size * count) : nullptr;
    if (masked != nullptr)
      parallel(count, [&](i64 i) { drop_weights(noise, i, masked + i * size, params + offsets_[i].weight_hh); });
    for (i64 i = 0; i < count; ++i) {
      const i64 layer = i / desc_.directions();
      kernels_->lie(weights_[i], input_blocks(layer), desc_.hidden, backward, backward && (backward_input || layer > 0));
    }
    const i64 blocks = row_blocks(desc_.hidden);
    parallel(count * blocks, [&](i64 task) {
      const i64 i = task / blocks, first = task % blocks * row_block;
      const LayerOffsets& o = offsets_[i];
      const T* const weight_hh = masked != nullptr ? masked + i * size : params + o.weight_hh;
      kernels_->pack(weights_[i], {params + o.weight_ih, weight_hh, params + o.bias_ih, params + o.bias_hh}, first,
                     smaller(desc_.hidden, first + row_block));
    });
  }

  // The parameters of all layers, as pack() cuts them: tables() of them.
  i64 tables() const { return 4 * desc_.layers * desc_.directions(); }
  i64 list(Table* to) const {
    const i64 count = desc_.layers * desc_.directions(), G = kernels_->gates, H = desc_.hidden, blocks = row_blocks(H);
    for (i64 i = 0; i < count; ++i) {
      const LayerOffsets& o = offsets_[i];
      const i64 place = i * blocks, of = count * blocks;
      *to++ = {o.weight_ih, G, H, desc_.layer_inputs(i / desc_.directions()), place, of};
      *to++ = {o.weight_hh, G, H, H, place, of};
      *to++ = {o.bias_ih, G, H, 1, place, of};
      *to++ = {o.bias_hh, G, H, 1, place, of};
    }
    return tables();
  }
  bool drops_weights(const Noise& noise) const { return noise.on && desc_.recurrent_dropout > 0.0; }

  // A stream that is run a step at a time turns round at each step.
  void turn() { turn_ ^= 1; }

  // tape.at(0, 0).x holds the rows of the first layer in forward order. Fills every layer's states.
  void forward(const Batch<T>& batch, TapeOf<T>& tape) {
    const Order& order = tape.order;
    for (i64 l = 0; l < desc_.layers; ++l) {
      if (l > 0) join_input(l, tape);
      const int D = desc_.directions();
      if (D == 2) {
        const T* const* x = tape.at(l, 0).x.get();
        const T** reversed = tape.at(l, 1).x.reserve(order.rows);
        for (i64 r = 0; r < order.rows; ++r) reversed[r] = x[order.mirror[r]];
      }
      for (int d = 0; d < D; ++d) initial_states(batch, tape, l, d);
      const i64 slices = cut(order);
      const i64 scratch = kernels_->scratch_size(weights(l, 0), widest_, tape.kept);
      T* const scratch_all = scratch_.reserve(scratch * slices * D);
      parallel(slices * D, [&](i64 i) {
        FlushSubnormals flush;
        const Unfold<T> u = unfold(tape, l, int(i % D));
        kernels_->forward(u, slice_[i / D], slice_[i / D + 1], scratch_all + i * scratch);
      });
    }
  }

  // dh, dc of every layer hold the gradients of the last states, `top` those of the top layer's rows. Leaves the gradients
  // of all weights and biases in the flat gradient, those of the first states, if asked, in dh, dc, and that of the first
  // layer's input, if asked, in d_rows[0], or in the caller's d_input where that is not null. A layer is done with before the next
  // one begins; its h is overwritten.
  void backward(TapeOf<T>& tape, const RowGradients<T>& top, bool first_input, T* d_input, T* gradient) {
    const Order& order = tape.order;
    const int D = desc_.directions();
    for (i64 l = desc_.layers - 1; l >= 0; --l) {
      RowGradients<T> above = top;
      if (l + 1 < desc_.layers) above = {D == 1 ? tape.at(l + 1, 0).h.get() : tape.d_rows[(l + 1) % 2].get()};
      for (int d = 0; d < D; ++d) gradient_rows(tape, l, d, above);
      for (int d = 0; d < D && tape.trail; ++d) {
        tape.at(l, d).trail_h.reserve(order.rows * Hp());
        if (kernels_->cell_state) tape.at(l, d).trail_c.reserve(order.rows * Hp());
      }
      const bool few = l == 0 && first_input && few_inputs();
      if (few) input_rows(tape, d_input);
      const i64 slices = cut(order);
      parallel(slices * D, [&](i64 i) {
        FlushSubnormals flush;
        Unfold<T> u = unfold(tape, l, int(i % D));
        if (above.base == nullptr) u.dy = nullptr;
        if (few) u.d_x = tape.at(l, 0).d_x.get();
        kernels_->backward(u, slice_[i / D], slice_[i / D + 1]);
      });
      weight_gradients(tape, l, gradient);
      if (l > 0 || (first_input && !few)) input_gradient(tape, l, l == 0 ? d_input : nullptr);
    }
  }

 private:
  NetworkDesc desc_;
  CellKernels<T>* kernels_;
  LayerWeights<T>* weights_;
  LayerOffsets* offsets_;
  i64 end_ = 0;
  static constexpr i64 most_slices = 512;
  static constexpr std::uint32_t weights_place = 0x80000000u;  // of weight_hh among the places of dropout
  i64 slice_[most_slices + 1];
  i64 widest_ = 0, turn_ = 0;
  Buffer<T> scratch_, masked_;
  WeightGradients<T> gradients_{*kernels_, desc_.hidden};

  // Cuts the packed sequences into slices of about equal work, at least one a thread, none so wide that its states
  // leave the first cache. No result depends on the cut.
  i64 cut(const Order& order) {
    const i64 share = (order.rows + threads() - 1) / threads();
    const i64 widest = larger(larger(24, 16384 / (Hp() * i64(sizeof(T)))), (order.n + most_slices - 2) / (most_slices - 1) * 2);
    i64 count = 0, work = 0, done = 0;
    slice_[0] = 0;
    widest_ = 0;
    for (i64 p = 0; p < order.n; ++p) {
      work += order.length[p];
      const i64 width = p + 1 - slice_[count];
      const bool full = width >= widest || work >= (done + 1) * share;
      if (full || p + 1 == order.n) {
        while (work >= (done + 1) * share) ++done;
        slice_[++count] = p + 1;
        widest_ = larger(widest_, width);
      }
    }
    return count;
  }

  T* slots(TapeOf<T>& tape, i64 layer, int direction) const {
    return (kernels_->saves ? tape.at(layer, direction).slots : tape.slots[direction]).get();
  }

  Unfold<T> unfold(TapeOf<T>& tape, i64 layer, int direction) {
    LayerTape<T>& lt = tape.at(layer, direction);
    Unfold<T> u;
    u.order = &tape.order;
    u.weights = &weights(layer, direction);
    u.x = lt.x.get();
    u.h0 = lt.h0.get();
    u.c0 = lt.c0.get();
    u.h = lt.h.get();
    u.c = lt.c.get();
    u.turn = turn_;
    u.slots = tape.kept ? slots(tape, layer, direction) : nullptr;
    u.dy = lt.dy.get();
    u.dh = lt.dh.get();
    u.dc = lt.dc.get();
    u.initial = tape.initial;
    if (tape.trail) {
      u.trail_h = lt.trail_h.get();
      u.trail_c = lt.trail_c.get();
    }
    return u;
  }

  void initial_states(const Batch<T>& batch, TapeOf<T>& tape, i64 layer, int direction) {
    LayerTape<T>& lt = tape.at(layer, direction);
    const Order& order = tape.order;
    const i64 H = desc_.hidden, padded = Hp(), first = (layer * desc_.directions() + direction) * order.n;
    auto fill = [&](Buffer<T>& buffer, const T* from) {
      T* to = buffer.reserve_zeroed(order.n * padded);
      if (from == nullptr) return to;
      for (i64 p = 0; p < order.n; ++p)
        std::memcpy(to + p * padded, from + (first + order.sequence[p]) * H, sizeof(T) * size_t(H));
      return to;
    };
    fill(lt.h0, batch.h0);
    lt.h.reserve(order.rows * padded);
    if (tape.kept) (kernels_->saves ? lt.slots : tape.slots[direction]).reserve(order.rows * kernels_->slots * padded);
    if (!kernels_->cell_state) return;
    const T* c0 = fill(lt.c0, batch.c0);
    T* c = lt.c.reserve((tape.kept ? order.rows : order.n) * padded);
    if (!tape.kept) std::memcpy(c, c0, sizeof(T) * size_t(order.n * padded));
  }

  // Points the rows of layer l at the states of the layer below; makes new rows where directions are joined or dropped
  // out.
  void join_input(i64 l, TapeOf<T>& tape) {
    const Order& order = tape.order;
    const int D = desc_.directions();
    const i64 H = desc_.hidden, padded = Hp();
    const bool drop = tape.noise.on && desc_.dropout > 0.0;
    const T** x = tape.at(l, 0).x.reserve(order.rows);
    if (D == 1 && !drop) {
      const T* h = tape.at(l - 1, 0).h.get();
      for (i64 r = 0; r < order.rows; ++r) x[r] = h + r * padded;
      return;
    }
    T* const joined = tape.rows[l].reserve(order.rows * D * padded);
    const T* states[2] = {tape.at(l - 1, 0).h.get(), D == 2 ? tape.at(l - 1, 1).h.get() : nullptr};
    parallel(order.steps, [&](i64 t) {
      for (i64 p = 0; p < order.active[t]; ++p) {
        const i64 r = order.row(t, p);
        for (int d = 0; d < D; ++d) {
          T* to = joined + (r * D + d) * padded;
          std::memcpy(to, states[d] + (d == 0 ? r : order.mirror[r]) * padded, sizeof(T) * size_t(padded));
          if (drop) drop_row(tape.noise, to, l - 1, d, order.sequence[p], t, H);
        }
        x[r] = joined + r * D * padded;
      }
    });
  }

  void drop_row(const Noise& noise, T* row, i64 layer, int direction, i64 sequence, i64 t, i64 count) const {
    dropout<T>(row, row, count, desc_.dropout, noise.seed, noise.step,
               std::uint32_t(layer * desc_.directions() + direction), std::uint32_t(sequence + noise.first), std::uint32_t(t));
  }

  // The weight_hh of a layer and direction, or their gradient; a mask's rows stand where the sequences of a layer do.
  void drop_weights(const Noise& noise, i64 place, T* out, const T* in) const {
    const i64 H = desc_.hidden;
    for (i64 row = 0; row < kernels_->gates * H; ++row)
      dropout<T>(out + row * H, in + row * H, H, desc_.recurrent_dropout, noise.seed, noise.step,
                 weights_place + std::uint32_t(place), std::uint32_t(row), 0);
  }

  void gradient_rows(TapeOf<T>& tape, i64 layer, int direction, const RowGradients<T>& above) {
    if (above.base == nullptr) return;
    const Order& order = tape.order;
    const i64 wide = desc_.directions() * Hp();
    const T** dy = tape.at(layer, direction).dy.reserve(order.rows);
    for (i64 t = 0; t < order.steps; ++t)
      for (i64 p = 0; p < order.active[t]; ++p) {
        const i64 r = order.row(t, p), own = direction == 0 ? r : order.mirror[r];
        const i64 from = above.per_sequence ? p : above.place != nullptr ? above.place[own] : own;
        dy[r] = above.base + from * wide + direction * Hp();
      }
  }

  // So few inputs that their gradient costs more to read the slots for once more than to compute.
  bool few_inputs() const { return desc_.directions() == 1 && Panels<T>::narrow(input_blocks(0).row()); }

  // Points the gradients of the first layer's input rows to where input_gradient() would leave them.
  void input_rows(TapeOf<T>& tape, T* d_input) {
    const i64 rows = tape.order.rows, wide = input_blocks(0).row();
    T* const base = d_input != nullptr ? d_input : tape.d_rows[0].reserve(rows * wide);
    T** const d_x = tape.at(0, 0).d_x.reserve(rows);
    for (i64 r = 0; r < rows; ++r) d_x[r] = base + (d_input != nullptr ? tape.place.get()[r] : r) * wide;
  }

  // The gradient of layer l's input rows (see TapeOf::d_rows), or d_input where that is not null, from the slots of layer l; with the dropout mask of the rows below.
  void input_gradient(TapeOf<T>& tape, i64 l, T* d_input) {
    const Order& order = tape.order;
    const int D = desc_.directions();
    const i64 wide = input_blocks(l).row(), padded = Hp(), S = kernels_->slots;
    T* const d_rows = d_input != nullptr   ? d_input
                      : l > 0 && D == 1 ? tape.at(l, 0).h.get()
                                        : tape.d_rows[l % 2].reserve(order.rows * wide);
    constexpr i64 block = 48;
    const bool drop = l > 0 && tape.noise.on && desc_.dropout > 0.0;
    parallel((order.rows + block - 1) / block, [&](i64 i) {
      FlushSubnormals flush;
      const i64 first = i * block, count = smaller(block, order.rows - first);
      T* to[block];
      for (i64 r = 0; r < count; ++r) to[r] = d_rows + (d_input != nullptr ? tape.place.get()[first + r] : first + r) * wide;
      for (int d = 0; d < D; ++d) {
        const T* const base = slots(tape, l, d);
        const T* from[block];
        for (i64 r = 0; r < count; ++r) from[r] = base + (d == 0 ? first + r : order.mirror[first + r]) * S * padded;
        const Left<T> left{{from}, desc_.hidden, kernels_->gates, padded};
        Product<T>{count, left, {to}, weights(l, d).back_x, d > 0 ? Start::sum : Start::zero, nullptr}.run();
      }
    });
    if (!drop) return;
    parallel(order.steps, [&](i64 t) {
      for (i64 p = 0; p < order.active[t]; ++p)
        for (int d = 0; d < D; ++d)
          drop_row(tape.noise, d_rows + (order.row(t, p) * D + d) * padded, l - 1, d, order.sequence[p], t, desc_.hidden);
    });
  }

  // Weight and bias gradients of a layer, into the flat gradient.
  void weight_gradients(TapeOf<T>& tape, i64 layer, T* gradient) {
    const int D = desc_.directions();
    OuterLayer<T> each[2];
    for (int d = 0; d < D; ++d) {
      previous_states(tape, layer, d);
      const LayerTape<T>& lt = tape.at(layer, d);
      each[d] = {lt.h_prev.get(), lt.x.get(), slots(tape, layer, d), offsets_[layer * D + d]};
    }
    gradients_.run(tape.order.rows, each, D, input_blocks(layer), gradient);
    if (!drops_weights(tape.noise)) return;
    for (int d = 0; d < D; ++d) {
      T* const weight_hh = gradient + offsets_[layer * D + d].weight_hh;
      drop_weights(tape.noise, layer * D + d, weight_hh, weight_hh);
    }
  }

  void previous_states(TapeOf<T>& tape, i64 layer, int direction) {
    const Order& order = tape.order;
    LayerTape<T>& lt = tape.at(layer, direction);
    const T** rows = lt.h_prev.reserve(order.rows);
    const i64 padded = Hp();
    for (i64 t = 0; t < order.steps; ++t)
      for (i64 p = 0; p < order.active[t]; ++p)
        rows[order.row(t, p)] = t == 0 ? lt.h0.get() + p * padded : lt.h.get() + order.row(t - 1, p) * padded;
  }
};

}  // namespace tg::TG_ISA
