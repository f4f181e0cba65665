// The dense head and the loss, over chunks of rows: the table [rows, outputs] never exists as a whole where it is large.
#pragma once

#include "losses.h"
#include "outer.h"
#include "readout.h"
#include "tables.h"

namespace tg::TG_ISA {

template <class T>
class Head {
 public:
  Head(const NetworkDesc& desc, const LossDesc& loss, i64 first_parameter)
      : outputs_(desc.outputs),
        columns_(desc.readout_width()),
        loss_(loss),
        tied_(desc.tied),
        weight_(tied_ ? 0 : first_parameter),
        bias_(first_parameter + (tied_ ? 0 : desc.outputs * columns_)) {}

  i64 end() const { return bias_ + outputs_; }  // first parameter past the head; its bias is the last of them
  // Its parameters, at most two tables; a tied weight is the embedding's.
  i64 list(Table* to) const {
    if (!present()) return 0;
    i64 count = 0;
    if (!tied_) to[count++] = {weight_, 1, outputs_, columns_};
    to[count++] = {bias_, 1, outputs_, 1};
    return count;
  }
  bool present() const { return outputs_ > 0; }

  void pack(const T* params, const Blocks& in, bool backward) {
    if (!present()) return;
    in_ = in;
    scored_ = outputs_;
    some_ = nullptr;
    pack_classes(params, in, backward, [](i64 i) { return i; });
  }

  // A head of some classes alone, for loss() with a gradient.
  void pack_some(const T* params, const Blocks& in, const Targets<T>& targets) {
    in_ = in;
    scored_ = targets.n_classes;
    const i64* const classes = targets.classes;
    pack_classes(params, in, true, [=](i64 i) { return classes[i]; });
    T* const bias = some_bias_.reserve(scored_);
    std::int32_t* const position = position_.reserve(outputs_);
    for (i64 i = 0; i < scored_; ++i) {
      bias[i] = params[bias_ + classes[i]] + targets.class_shift[i];
      position[classes[i]] = std::int32_t(i);
    }
    some_ = some_gradient_.reserve(scored_ * (in.columns() + 1));
  }

  // After loss(): the gradient of the weights [n_classes, columns] of pack_some(), and of their biases [n_classes].
  const T* some_weights() const { return some_; }
  const T* some_biases() const { return some_ + scored_ * in_.columns(); }
  i64 weight_row(i64 output) const { return weight_ + output * columns_; }
  i64 bias(i64 output) const { return bias_ + output; }

  // One row of work: a readout row, the gradient row it gets, its row in the caller's outputs, its target row.
  struct Item {
    const T* row;
    T* d_row;
    i64 output;
    i64 target;
  };

  Item* items(i64 count) { return items_.reserve(count); }

  // output rows of items [0, count) into the caller's table.
  void outputs(const T* params, i64 count, T* output) {
    const Item* items = items_.get();
    const T* bias = params + bias_;
    const i64 step = rows_of_task(count);
    parallel((count + step - 1) / step, [&](i64 i) {
      FlushSubnormals flush;
      const i64 first = i * step, rows = smaller(step, count - first);
      const T* from[block];
      T* to[block];
      for (i64 r = 0; r < rows; ++r) {
        from[r] = items[first + r].row;
        to[r] = output + items[first + r].output * outputs_;
      }
      product<T>(rows, {from}, {to}, forward_, bias);
    });
  }

  // The loss of items [0, count), which are those that have a target. With a gradient (flat, or null) also that of the
  // head's parameters and of each item's d_row.
  double loss(const T* params, i64 count, const Targets<T>& targets, i64 sequences, T* gradient) {
    const Item* items = items_.get();
    double weight = 0.0, events = 0.0;
    for (i64 i = 0; i < count; ++i) {
      weight += weight_of(targets, items[i]);
      events += row_events<T>(loss_, target(targets, items[i]), sample_weight(targets, items[i]));
    }
    if (weight == 0.0) weight = events;  // of mixing, where no value is known
    const double scale = loss_.sum ? 1.0 / double(sequences) : weight > 0.0 ? 1.0 / weight : 0.0;
    divisor_ = loss_.sum ? double(sequences) : weight;
    const bool root = loss_.kind == LossKind::rmse;
    const T* bias = some_ != nullptr ? some_bias_.get() : params + bias_;
    LossDesc desc = loss_;
    desc.outputs = scored_;
    if (events > 0.0) desc.event_share = weight / events;
    const i64 chunk = root ? larger(count, 1) : larger(block, round_up((i64(1) << 22) / scored_, block));
    T* const table = table_.reserve(smaller(chunk, round_up(count, block)) * scored_);
    double* const row_losses = row_losses_.reserve(smaller(chunk, round_up(count, block)));
    double total = 0.0, root_scale = scale;
    begin_gradient(gradient);
    for (i64 c0 = 0; c0 < count; c0 += chunk) {
      const i64 rows = smaller(chunk, count - c0);
      const i64 step = rows_of_task(rows), tasks = (rows + step - 1) / step;
      auto forward = [&](i64 i) {
        FlushSubnormals flush;
        const i64 first = i * step, some = smaller(step, rows - first);
        const T* from[block];
        for (i64 r = 0; r < some; ++r) from[r] = items[c0 + first + r].row;
        product<T>(some, {from}, {nullptr, table + first * scored_, scored_}, forward_, bias);
        for (i64 r = first; r < first + some; ++r) {
          const Item& item = items[c0 + r];
          const double w = sample_weight(targets, item);
          T* const out = table + r * scored_;
          row_losses[r] = gradient != nullptr && !root
                              ? row_loss_gradient<T>(desc, out, target(targets, item), id(targets, item), w, scale)
                              : row_loss<T>(desc, out, target(targets, item), id(targets, item), w);
        }
        if (gradient != nullptr && !root) input_gradients(items + c0 + first, some, table + first * scored_);
      };
      parallel(tasks, forward);
      for (i64 r = 0; r < rows; ++r) total += row_losses[r];
      if (gradient == nullptr) continue;
      if (root) {
        const double value = __builtin_sqrt(total * scale);
        root_scale = value > 0.0 ? scale / (2.0 * value) : 0.0;
        parallel(tasks, [&](i64 i) {
          FlushSubnormals flush;
          const i64 first = i * step, some = smaller(step, rows - first);
          for (i64 r = first; r < first + some; ++r) {
            const Item& item = items[c0 + r];
            row_gradient<T>(desc, table + r * scored_, target(targets, item), id(targets, item), sample_weight(targets, item), root_scale);
          }
          input_gradients(items + c0 + first, some, table + first * scored_);
        });
      }
      add_gradient(items + c0, rows, table, scored_);
    }
    end_gradient(gradient);
    return root ? __builtin_sqrt(total * scale) : total * scale;
  }

  double divisor() const { return divisor_; }  // what the last loss() divided by

  // From a given gradient of the outputs (rows in the caller's table).
  void backward(i64 count, const T* d_output, T* gradient) {
    const Item* items = items_.get();
    begin_gradient(gradient);
    T* const table = table_.reserve(count * outputs_);
    for (i64 i = 0; i < count; ++i)
      std::memcpy(table + i * outputs_, d_output + items[i].output * outputs_, sizeof(T) * size_t(outputs_));
    const i64 step = rows_of_task(count);
    parallel((count + step - 1) / step, [&](i64 i) {
      FlushSubnormals flush;
      const i64 first = i * step;
      input_gradients(items + first, smaller(step, count - first), table + first * outputs_);
    });
    add_gradient(items, count, table, outputs_);
    end_gradient(gradient);
  }

  bool has_target(const Targets<T>& targets, i64 row) const {
    Item item{nullptr, nullptr, 0, row};
    // a class of weight 0 still has a share of a smoothed target
    if (loss_.kind == LossKind::categorical) return id(targets, item) >= 0 && sample_weight(targets, item) != 0.0;
    return weight_of(targets, item) != 0.0 || row_events<T>(loss_, target(targets, item), sample_weight(targets, item)) != 0.0;
  }

 private:
  static constexpr i64 block = 32;  // rows of a task, at most
  i64 outputs_, columns_, scored_ = 0;  // of these, those that are packed
  LossDesc loss_;
  bool tied_;
  i64 weight_, bias_;  // where they lie in the flat buffer
  double divisor_ = 0.0;
  Blocks in_;
  Panels<T> forward_, backward_;
  Buffer<T> panels_, table_, c_, sums_, outer_, some_bias_, some_gradient_;
  T* some_ = nullptr;  // set while some classes alone are packed
  Buffer<std::int32_t> position_;  // of a class among them
  Buffer<Item> items_;
  Buffer<double> row_losses_;
  Buffer<const T*> rows_;

  // Those that are scored: the i-th is class_of(i).
  template <class Class>
  void pack_classes(const T* params, const Blocks& in, bool backward, Class&& class_of) {
    const i64 R = in.row(), forward_size = Panels<T>::size(1, R, scored_);
    T* const to = panels_.reserve(forward_size + (backward ? Panels<T>::size(1, scored_, R) : 0));
    forward_.lie(to, 1, R, scored_);
    if (backward) backward_.lie(to + forward_size, 1, scored_, R);
    const auto weight = [&](i64 i) { return params + weight_row(class_of(i)); };
    each_rows(scored_, [&](i64 first, i64 last) {
      forward_.pack_transposed(0, first, last, in, weight);
      if (backward) backward_.pack_rows(first, last, in, weight);
    });
  }

  const T* target(const Targets<T>& t, const Item& item) const {
    return t.numbers != nullptr ? t.numbers + item.target * loss_.targets : nullptr;
  }
  i64 id(const Targets<T>& t, const Item& item) const {
    if (t.ids == nullptr) return 0;
    const i64 id = t.ids[item.target];
    return some_ != nullptr && id >= 0 ? position_.get()[id] : id;
  }
  double sample_weight(const Targets<T>& t, const Item& item) const {
    return t.weights != nullptr ? double(t.weights[item.target]) : 1.0;
  }

  double weight_of(const Targets<T>& t, const Item& item) const {
    return row_weight<T>(loss_, target(t, item), id(t, item), sample_weight(t, item));
  }

  void input_gradients(const Item* items, i64 count, const T* d) const {
    T* to[block];
    for (i64 r = 0; r < count; ++r) to[r] = items[r].d_row;
    product<T>(count, {nullptr, d, scored_}, {to}, backward_, nullptr);
  }

  // Fewer, whole tiles, where else some threads would have none.
  static i64 rows_of_task(i64 rows) { return smaller(block, round_up(larger(1, (rows + threads() - 1) / threads()), tile_rows)); }

  i64 padded() const { return round_up(scored_, Simd<T>::lanes); }
  // Columns of a task: whole panels.
  i64 part() const { return round_up(larger(1, (scored_ + threads() - 1) / threads()), Outer<T>::panel); }

  void begin_gradient(T* gradient) {
    if (gradient == nullptr) return;
    c_.reserve_zeroed(Outer<T>::c_size(in_.row(), scored_));
    sums_.reserve_zeroed(padded());
  }

  // Adds this chunk's rows to the gradient of the weights; each output's by one thread.
  void add_gradient(const Item* items, i64 count, const T* d, i64 stride) {
    const T** rows = rows_.reserve(larger(count, 1));
    for (i64 i = 0; i < count; ++i) rows[i] = items[i].row;
    const Source<T> source{rows, in_.row()};
    const i64 step = part(), tasks = (scored_ + step - 1) / step, scratch = Outer<T>::scratch_size(in_.row());
    T* const memory = outer_.reserve(tasks * scratch);
    parallel(tasks, [&](i64 i) {
      FlushSubnormals flush;
      const i64 n0 = i * step;
      const Outer<T> outer{count, &source, 1, d + n0, stride, smaller(step, scored_ - n0)};
      outer.run(c_.get() + n0 * in_.row(), sums_.get() + n0, memory + i * scratch, true);
    });
  }

  void end_gradient(T* gradient) {
    if (gradient == nullptr) return;
    T* const weight = some_ != nullptr ? some_ : gradient + weight_;
    T* const bias = some_ != nullptr ? some_ + scored_ * in_.columns() : gradient + bias_;
    constexpr i64 L = Simd<T>::lanes;
    parallel((scored_ + L - 1) / L, [&](i64 i) {
      const i64 o = i * L;
      for (i64 b = 0; b < in_.count; ++b)
        Outer<T>::columns_of(c_.get(), in_.row(), scored_, o, smaller(L, scored_ - o), b * in_.padded, in_.width,
                             [&](i64 k) { return weight + (o + k) * in_.columns() + b * in_.width; });
    });
    std::memcpy(bias, sums_.get(), sizeof(T) * size_t(scored_));
  }
};

}  // namespace tg::TG_ISA
