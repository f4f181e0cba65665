// A whole network over the core: input, layers, readout, head, loss; and the training step as one call.
#pragma once

#include "changed.h"
#include "items.h"
#include "packed.h"
#include "stack.h"

namespace tg::TG_ISA {

template <class T>
class NetworkOf final : public Network<T> {
 public:
  explicit NetworkOf(const NetworkDesc& desc)
      : desc_(with_own_arrays(desc)),
        input_(desc_),
        stack_(desc_, input_.parameters()),
        readout_(desc_),
        head_(desc_, desc_.loss, stack_.end()),
        count_(head_.end()) {
    Table* to = tables_.reserve(stack_.tables() + 4);  // two of the input, two of the head
    to += input_.list(to);
    to += stack_.list(to);
    table_count_ = to + head_.list(to) - tables_.get();
  }

  i64 parameter_count() const override { return count_; }
  bool has_cell_state() const override { return stack_.kernels().cell_state; }
  i64 slot_bytes_per_row() const override {
    const CellKernels<T>& k = stack_.kernels();
    return i64(sizeof(T)) * stack_.Hp() * (k.slots + 1 + (k.cell_state ? 1 : 0));
  }
  Tape<T>* new_tape() const override { return new TapeOf<T>(desc_.layers, desc_.directions()); }

  void forward(const T* params, bool changed, const Batch<T>& batch, Noise noise, bool keep, Tape<T>& t) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    refresh(params, changed, keep, noise);
    run(params, batch, noise, keep, tape);
  }

  void run(const T* params, const Batch<T>& batch, Noise noise, bool keep, TapeOf<T>& tape) {
    tape.kept = keep;
    tape.trail = false;
    tape.noise = noise;
    tape.order.set(batch.n, batch.steps);
    i64* const place = tape.place.reserve(tape.order.rows);
    each_row(tape, [&](i64 row, i64 sequence, i64 t) { place[row] = batch.output_row(sequence, t); });
    input_.forward(params, batch, tape);
    stack_.forward(batch, tape);
    readout_.forward(tape);
  }

  void output(const T* params, const Batch<T>& batch, Tape<T>& t, T* output) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    const Blocks blocks = readout_.blocks();
    const auto put = [&](const T* row, i64 place) {
      for (i64 b = 0; b < blocks.count; ++b)
        std::memcpy(output + place * blocks.columns() + b * blocks.width, row + b * blocks.padded,
                    sizeof(T) * size_t(blocks.width));
    };
    if (!head_.present() && readout_.each() && desc_.read_last == 0)
      return each_block(tape.order.rows, [&](i64 row) { put(readout_.row(tape, row), tape.place.get()[row]); });
    const i64 count = list(batch, tape, nullptr, nullptr);
    if (head_.present()) return head_.outputs(params, count, output);
    const typename Head<T>::Item* items = head_.items(0);
    each_block(count, [&](i64 i) { put(items[i].row, items[i].output); });
  }

  void final_state(const Batch<T>&, const Tape<T>& t, T* h, T* c) const override {
    const TapeOf<T>& tape = static_cast<const TapeOf<T>&>(t);
    const i64 Hp = stack_.Hp();
    each_state(tape, [&](const LayerTape<T>& lt, i64 p, i64 to) {
      const i64 last = tape.order.last_row(p);
      if (h != nullptr) copy(h + to, lt.h.get() + last * Hp);
      if (c != nullptr && stack_.kernels().cell_state) copy(c + to, lt.c.get() + (tape.kept ? last : p) * Hp);
    });
  }

  void record(const Batch<T>& batch, const Tape<T>& t, i64 layer, int direction, int value, T* out) const override {
    const TapeOf<T>& tape = static_cast<const TapeOf<T>&>(t);
    const LayerTape<T>& lt = tape.at(layer, direction);
    const CellKernels<T>& k = stack_.kernels();
    const i64 Hp = stack_.Hp();
    const T* from = lt.h.get();
    i64 stride = Hp;
    if (value < k.gates && k.saves) {
      int slot = 0;
      while (k.input_gate[slot] != value) ++slot;
      from = lt.slots.get() + slot * Hp;
      stride = k.slots * Hp;
    } else if (k.cell_state && value == k.gates) {
      from = lt.c.get();
    }
    each_kept(batch, tape.order, direction, from, stride, out);
  }

  void trail(const Batch<T>& batch, const Tape<T>& t, i64 layer, int direction, int state, T* out) const override {
    const TapeOf<T>& tape = static_cast<const TapeOf<T>&>(t);
    const LayerTape<T>& lt = tape.at(layer, direction);
    each_kept(batch, tape.order, direction, (state == 0 ? lt.trail_h : lt.trail_c).get(), stack_.Hp(), out);
  }

  void backward(const T* params, const Batch<T>& batch, Tape<T>& t, const T* d_output, const T* dh, const T* dc,
                T* gradient, T* d_input, T* dh0, T* dc0, bool trail) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    tape.trail = trail;
    tape.initial = dh0 != nullptr || dc0 != nullptr;
    repack(params, tape);
    std::memset(static_cast<void*>(gradient), 0, sizeof(T) * size_t(count_));
    seed(tape, dh, dc);
    // The caller's own rows are read, and written to, where they fit.
    const bool reads = d_output != nullptr && readout_.each() && !head_.present() && desc_.read_last == 0 &&
                       desc_.hidden % Stack<T>::L == 0;
    const bool writes = d_input != nullptr && !input_.trained() && batch.factor == nullptr && !input_.drops(tape);
    if (!reads) output_gradient(batch, tape, d_output, gradient);
    layers_backward(tape, gradient, d_input != nullptr, reads ? d_output : nullptr, writes ? d_input : nullptr);
    if (input_.sparse() && !desc_.tied) add_embedding(gradient);
    if (d_input != nullptr && !writes)
      each_row(tape, [&](i64 row, i64 sequence, i64) {
        input_.input_row(batch, tape, row, sequence, d_input + tape.place.get()[row] * desc_.inputs());
      });
    const i64 Hp = stack_.Hp();
    each_state(tape, [&](const LayerTape<T>& lt, i64 p, i64 to) {
      if (dh0 != nullptr) copy(dh0 + to, lt.dh.get() + p * Hp);
      if (dc0 != nullptr) copy(dc0 + to, lt.dc.get() + p * Hp);
    });
  }

  double loss(const T* params, const Batch<T>& batch, const Targets<T>& targets, Tape<T>& t) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    refresh(params, true, false, Noise{});
    run(params, batch, Noise{}, false, tape);
    return head_.loss(params, list(batch, tape, &targets, nullptr), targets, batch.n, nullptr);
  }

  StepResult train_step(T* params, T* m, T* v, const Batch<T>& batch, const Targets<T>& targets, Noise noise,
                        const OptimizerDesc& optimizer, double clip, Tape<T>& t, T* h, T* c) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    packed_.forget_values();
    T* const gradient = gradient_.reserve(count_);
    StepResult result;
    result.loss = learn(params, batch, targets, noise, tape, gradient, h, c);
    if (finite(result.loss)) update(params, m, v, gradient, optimizer, clip, targets, result);
    return result;
  }

  LossResult loss_gradient(const T* params, const Batch<T>& batch, const Targets<T>& targets, Noise noise, Tape<T>& t,
                           T* gradient, T* h, T* c) override {
    packed_.forget_values();
    T* const own = gradient_.reserve(count_);
    LossResult result;
    result.loss = learn(params, batch, targets, noise, static_cast<TapeOf<T>&>(t), own, h, c);
    result.weight = head_.divisor();
    const Changed<T> what = changed(targets.classes != nullptr);
    const i64 first = what.first();
    std::memset(static_cast<void*>(gradient), 0, sizeof(T) * size_t(count_));
    if (!finite(result.loss)) return result;
    std::memcpy(gradient + first, own + first, sizeof(T) * size_t(what.last() - first));
    const i64 pieces = what.list(update_, targets);
    for (i64 i = 0; i < pieces; ++i) {
      const auto& piece = update_.pieces()[i];
      std::memcpy(gradient + piece.first, piece.gradient, sizeof(T) * size_t(piece.count));
    }
    return result;
  }

  double update(T* params, T* m, T* v, const T* gradient, const i64* touched, i64 n_touched, const i64* classes,
                i64 n_classes, const OptimizerDesc& optimizer, double clip) override {
    packed_.forget_values();
    const Changed<T> what = changed(classes != nullptr);
    const i64 pieces = what.list(update_, gradient, touched, n_touched, classes, n_classes);
    return update({params, m, v}, gradient, what, pieces, optimizer, clip);
  }

  StepResult apply(T* params, T* m, T* v, const Batch<T>& batch, Tape<T>& t, const T* d_output,
                   const OptimizerDesc& optimizer, double clip) override {
    TapeOf<T>& tape = static_cast<TapeOf<T>&>(t);
    repack(params, tape);
    T* const gradient = gradient_.reserve(count_);
    seed(tape, nullptr, nullptr);
    output_gradient(batch, tape, d_output, gradient);
    layers_backward(tape, gradient, false);
    StepResult result;
    update(params, m, v, gradient, optimizer, clip, {}, result);
    return result;
  }

  void step(const T* params, bool changed, i64 n, const T* x, const T* h0, const T* c0, T* y, T* h, T* c) override {
    refresh(params, changed, false, Noise{});
    if (step_tape_.order.n != n) {
      i64* ones = ones_.reserve(2 * n);
      for (i64 i = 0; i < n; ++i) ones[i] = 1, ones[n + i] = i * desc_.segment;
      step_tape_.order.set(n, ones);
    }
    Batch<T> batch;
    batch.n = n;
    batch.steps = ones_.get();
    batch.start = ones_.get() + n;
    batch.rows = x;
    batch.h0 = h0;
    batch.c0 = c0;
    input_.forward(params, batch, step_tape_);
    stack_.turn();
    stack_.forward(batch, step_tape_);
    final_state(batch, step_tape_, h, c);
    if (y != nullptr) std::memcpy(y, h + (desc_.layers - 1) * n * desc_.hidden, sizeof(T) * size_t(n * desc_.hidden));
  }

 private:
  Buffer<double> quantiles_, class_weights_;
  NetworkDesc desc_;
  Input<T> input_;
  Stack<T> stack_;
  ReadoutOf<T> readout_;
  Head<T> head_;
  i64 count_, table_count_;
  Buffer<Table> tables_;
  Packed<T> packed_;
  Buffer<T> gradient_;
  Buffer<i64> ones_;
  Update<T> update_;
  TapeOf<T> step_tape_{desc_.layers, desc_.directions()};

  NetworkDesc with_own_arrays(NetworkDesc desc) {
    LossDesc& loss = desc.loss;
    loss.quantiles = own(quantiles_, loss.quantiles, loss.n_quantiles);
    loss.class_weight = own(class_weights_, loss.class_weight, loss.n_class_weight);
    return desc;
  }

  static const double* own(Buffer<double>& buffer, const double* from, i64 count) {
    if (from == nullptr || count == 0) return nullptr;
    std::memcpy(buffer.reserve(count), from, sizeof(double) * size_t(count));
    return buffer.get();
  }

  static bool finite(double x) { return x - x == 0.0; }

  // Packs the parameters, unless they are still those that were packed last.
  void refresh(const T* params, bool changed, bool backward, const Noise& noise) {
    if (packed_.holds(params, backward, mask(noise)) && (!changed || packed_.has_values(params, count_))) return;
    pack(params, backward, noise);
    packed_.set_values(params, count_);
  }

  // For the way back through a tape: its forward pass has packed the same, unless another call came between.
  void repack(const T* params, const TapeOf<T>& tape) {
    if (!packed_.holds(params, true, mask(tape.noise))) pack(params, true, tape.noise);
  }

  // What draws the mask of the weights; off where there is none.
  Noise mask(const Noise& noise) const { return stack_.drops_weights(noise) ? noise : Noise{}; }

  // With classes in `targets`, of the head they alone.
  void pack(const T* params, bool backward, const Noise& noise, const Targets<T>& targets = {}) {
    input_.pack(params, backward);
    stack_.pack(params, backward, true, noise);
    if (targets.classes != nullptr)
      head_.pack_some(params, readout_.blocks(), targets);
    else
      head_.pack(params, readout_.blocks(), backward);
    packed_.set(params, backward, mask(noise));
  }

  // body(i) for i in [0, count), some at a time.
  template <class Body>
  static void each_block(i64 count, Body&& body) {
    constexpr i64 block = 128;
    parallel((count + block - 1) / block, [&](i64 b) {
      for (i64 i = b * block; i < smaller(count, (b + 1) * block); ++i) body(i);
    });
  }

  void copy(T* to, const T* from) const { std::memcpy(to, from, sizeof(T) * size_t(desc_.hidden)); }

  // One value of every step of a direction, from packed rows to the caller's.
  void each_kept(const Batch<T>& batch, const Order& order, int direction, const T* from, i64 stride, T* out) const {
    for (i64 step = 0; step < order.steps; ++step)
      for (i64 p = 0; p < order.active[step]; ++p) {
        const i64 at = batch.output_row(order.sequence[p], direction == 0 ? step : order.length[p] - 1 - step);
        copy(out + at * desc_.hidden, from + order.row(step, p) * stride);
      }
  }

  // body(packed row, sequence, step)
  template <class Body>
  static void each_row(const TapeOf<T>& tape, Body&& body) {
    const Order& order = tape.order;
    parallel(order.rows < 4096 ? 1 : order.steps, [&](i64 first) {
      for (i64 t = first; t < (order.rows < 4096 ? order.steps : first + 1); ++t)
        for (i64 p = 0; p < order.active[t]; ++p) body(order.row(t, p), order.sequence[p], t);
    });
  }

  // body(layer tape, packed position, offset in [layers * D, n, H])
  template <class Body>
  void each_state(const TapeOf<T>& tape, Body&& body) const {
    const Order& order = tape.order;
    const int D = desc_.directions();
    for (i64 i = 0; i < desc_.layers * D; ++i)
      for (i64 p = 0; p < order.n; ++p)
        body(tape.at(i / D, int(i % D)), p, (i * order.n + order.sequence[p]) * desc_.hidden);
  }

  i64 list(const Batch<T>& batch, const TapeOf<T>& tape, const Targets<T>* targets, T* d_readout) {
    return list_items(head_, readout_, desc_.read_last, desc_.segment, batch, tape, targets, d_readout);
  }

  // Gradients of the last states of every layer, packed.
  void seed(TapeOf<T>& tape, const T* dh, const T* dc) {
    const Order& order = tape.order;
    const i64 Hp = stack_.Hp();
    for (i64 i = 0; i < desc_.layers * desc_.directions(); ++i) {
      LayerTape<T>& lt = tape.at(i / desc_.directions(), int(i % desc_.directions()));
      lt.dh.reserve_zeroed(order.n * Hp);
      lt.dc.reserve_zeroed(order.n * Hp);
    }
    each_state(tape, [&](const LayerTape<T>& lt, i64 p, i64 from) {
      if (dh != nullptr) copy(lt.dh.get() + p * Hp, dh + from);
      if (dc != nullptr) copy(lt.dc.get() + p * Hp, dc + from);
    });
  }

  // d_output (may be null: none) through head and readout rows.
  void output_gradient(const Batch<T>& batch, TapeOf<T>& tape, const T* d_output, T* gradient) {
    T* const d_readout = readout_.gradients(tape);
    if (d_output == nullptr) return;
    const i64 count = list(batch, tape, nullptr, d_readout);
    if (head_.present()) return head_.backward(count, d_output, gradient);
    const Blocks blocks = readout_.blocks();
    const typename Head<T>::Item* items = head_.items(0);
    each_block(count, [&](i64 i) {
      for (i64 b = 0; b < blocks.count; ++b)
        std::memcpy(items[i].d_row + b * blocks.padded, d_output + items[i].output * blocks.columns() + b * blocks.width,
                    sizeof(T) * size_t(blocks.width));
    });
  }

  // Forward, loss and backward of a training step: the loss; the gradient as update() takes it. Where the loss is not finite,
  // there is none.
  double learn(const T* params, const Batch<T>& batch, const Targets<T>& targets, const Noise& noise, TapeOf<T>& tape,
               T* gradient, T* h, T* c) {
    pack(params, true, noise, targets);
    run(params, batch, noise, true, tape);
    if (h != nullptr) final_state(batch, tape, h, c);
    seed(tape, nullptr, nullptr);
    T* const d_readout = readout_.gradients(tape);
    const i64 count = list(batch, tape, &targets, d_readout);
    const double loss = head_.loss(params, count, targets, batch.n, gradient);
    if (targets.classes != nullptr) packed_.forget();  // some of the head is no head for others
    if (finite(loss)) layers_backward(tape, gradient, false, nullptr, nullptr, targets);
    return loss;
  }

  // d_output, if not null, holds the gradients of the top layer's rows; d_input, if not null, gets those of the input.
  void layers_backward(TapeOf<T>& tape, T* gradient, bool input_wanted, const T* d_output = nullptr, T* d_input = nullptr,
                       const Targets<T>& targets = {}) {
    RowGradients<T> top{d_output, tape.place.get()};
    if (d_output == nullptr) top = readout_.backward(tape);
    stack_.backward(tape, top, input_wanted || input_.trained(), d_input, gradient);
    if (input_wanted || input_.trained()) input_.drop_gradient(tape);
    if (desc_.tied && targets.classes != nullptr)
      return input_.backward(tape, gradient, targets.classes, targets.n_classes, head_.some_weights());
    if (input_.trained()) input_.backward(tape, gradient);
    if (desc_.tied) add_embedding(gradient);
  }

  // The gradient of the rows of the embedding that were read. If tied, layers_backward() has seen to it.
  void add_embedding(T* gradient) const {
    const Touched& touched = input_.touched();
    const i64 width = desc_.width;
    parallel(touched.count, [&](i64 i) {
      for (i64 j = 0; j < width; ++j) gradient[touched.id[i] * width + j] += input_.embedding_gradient()[i * width + j];
    });
  }

  // What a step changes, with a score of some classes alone or not.
  Changed<T> changed(bool some_classes) const { return {desc_, input_, head_, stack_.end(), count_, some_classes}; }

  void update(T* params, T* m, T* v, const T* gradient, const OptimizerDesc& optimizer, double clip,
              const Targets<T>& targets, StepResult& result) {
    const Changed<T> what = changed(targets.classes != nullptr);
    const i64 pieces = what.list(update_, targets);
    result.norm = update({params, m, v}, gradient, what, pieces, optimizer, clip);
  }
  double update(typename Update<T>::Memory to, const T* gradient, const Changed<T>& what, i64 pieces,
                const OptimizerDesc& optimizer, double clip) {
    const i64 first = what.first(), last = what.last();
    return update_.run(to, gradient, tables_.get(), table_count_, first, last, pieces, optimizer, clip);
  }
};

}  // namespace tg::TG_ISA
