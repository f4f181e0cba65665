// What stands in front of the first layer: rows by span, scaled by span, through a dense layer with relu, or tokens
// through an embedding. Nothing is copied where the user's rows can be read as they lie.
#pragma once

#include "outer.h"
#include "random.h"
#include "tables.h"
#include "tape.h"
#include "threads.h"
#include "touched.h"

namespace tg::TG_ISA {

template <class T>
class Input {
 public:
  explicit Input(const NetworkDesc& desc) : desc_(desc) {}

  // [embedding] or [dense weight, dense bias] come first in the flat buffer.
  i64 parameters() const {
    if (desc_.vocabulary > 0) return desc_.vocabulary * desc_.width;
    return desc_.dense > 0 ? desc_.dense * (desc_.inputs() + 1) : 0;
  }
  // The same as tables, at most two.
  i64 list(Table* to) const {
    if (sparse()) {
      to[0] = {0, 1, desc_.vocabulary, desc_.width};
      return 1;
    }
    if (desc_.dense == 0) return 0;
    to[0] = {0, 1, desc_.dense, desc_.inputs()};
    to[1] = {to[0].end(), 1, desc_.dense, 1};
    return 2;
  }
  bool sparse() const { return desc_.vocabulary > 0; }
  bool trained() const { return sparse() || desc_.dense > 0; }
  const Touched& touched() const { return touched_; }

  void pack(const T* params, bool backward) {
    if (desc_.dense == 0 || sparse()) return;
    const i64 I = desc_.inputs(), D = desc_.dense;
    const Blocks in{1, I, I};
    T* to = panels_.reserve(Panels<T>::size(1, I, D) + Panels<T>::size(1, D, I));
    forward_.lie(to, 1, I, D);
    if (backward) backward_.lie(to + Panels<T>::size(1, I, D), 1, D, I);
    const auto row = [=](i64 i) { return params + i * I; };
    each_rows(D, [&](i64 first, i64 last) {
      forward_.pack_transposed(0, first, last, in, row);
      if (backward) backward_.pack_rows(first, last, in, row);
    });
  }

  // Fills tape.at(0, 0).x, in forward order.
  void forward(const T* params, const Batch<T>& batch, TapeOf<T>& tape) const {
    tape.at(0, 0).x.reserve(tape.order.rows);
    if (!sparse())
      numbers(params, batch, tape);
    else if (batch.bags.first == nullptr)
      tokens(params, batch, tape);
    else
      bags(params, batch, tape);
    if (!drops(tape)) return;
    // Rows that are the user's or the embedding's are copied.
    const T** const x = tape.at(0, 0).x.get();
    T* const own = tape.rows[0].reserve(tape.order.rows * width());
    each_step(tape.order, [&](i64 r, i64 sequence, i64 t) {
      drop_row(tape, own + r * width(), x[r], sequence, t);
      x[r] = own + r * width();
    });
  }

  // tape.d_rows[0] lose what dropout has cut.
  void drop_gradient(TapeOf<T>& tape) const {
    if (!drops(tape)) return;
    T* const d_rows = tape.d_rows[0].get();
    each_step(tape.order, [&](i64 r, i64 sequence, i64 t) {
      drop_row(tape, d_rows + r * width(), d_rows + r * width(), sequence, t);
    });
  }
  bool drops(const TapeOf<T>& tape) const { return tape.noise.on && desc_.input_dropout > 0.0; }

  // From tape.d_rows[0]: the gradient of the dense layer's parameters, or of the embedding's touched rows, which
  // embedding_gradient() then holds. d_rows[0] of a dense layer loses what relu cut. With `tied`, the n_ids rows of the
  // embedding that the head has used count as read, too, with their gradients.
  void backward(TapeOf<T>& tape, T* gradient, const i64* tied_ids = nullptr, i64 n_ids = 0, const T* tied = nullptr) {
    const Order& order = tape.order;
    const i64 I = desc_.inputs();
    T* const d_rows = tape.d_rows[0].get();
    if (sparse()) {
      std::int32_t* const ids = ids_.reserve(tape.reads + n_ids + 1);
      std::memcpy(ids, tape.ids.get(), sizeof(*ids) * size_t(tape.reads));
      for (i64 i = 0; i < n_ids; ++i) ids[tape.reads + i] = std::int32_t(tied_ids[i]);
      touched_.set(tape.reads + n_ids, ids);
      T* const sums = embedding_.reserve_zeroed(touched_.count * I);
      parallel(touched_.count, [&](i64 i) {
        T* const sum = sums + i * I;
        for (i64 k = touched_.first[i]; k < touched_.first[i + 1]; ++k) {
          const i64 read = touched_.row[k];
          if (read >= tape.reads) {
            for (i64 j = 0; j < I; ++j) sum[j] += tied[(read - tape.reads) * I + j];
          } else if (tape.bagged) {
            const T* const d = d_rows + tape.reader.get()[read] * I;
            const T weight = tape.weight.get()[read];
            for (i64 j = 0; j < I; ++j) sum[j] += weight * d[j];
          } else {
            for (i64 j = 0; j < I; ++j) sum[j] += d_rows[read * I + j];
          }
        }
      });
      return;
    }
    const i64 D = desc_.dense;
    const T* out = tape.rows[0].get();
    constexpr i64 step = Outer<T>::panel;
    const i64 tasks = (D + step - 1) / step, scratch = Outer<T>::scratch_size(I), padded = round_up(D, Simd<T>::lanes);
    T* const c = outer_.reserve(Outer<T>::c_size(I, D) + padded + tasks * scratch);
    T* const sums = c + Outer<T>::c_size(I, D);
    const Source<T> source{tape.raw_rows.get(), I};
    parallel(tasks, [&](i64 i) {
      FlushSubnormals flush;
      const i64 n0 = i * step, n1 = smaller(D, n0 + step);
      for (i64 r = 0; r < order.rows; ++r)
        for (i64 n = r * D + n0; n < r * D + n1; ++n) d_rows[n] = out[n] > T(0) ? d_rows[n] : T(0);
      const Outer<T> outer{order.rows, &source, 1, d_rows + n0, D, n1 - n0};
      outer.run(c + n0 * I, sums + n0, sums + padded + i * scratch);
      for (i64 n = n0; n < n1; n += Simd<T>::lanes)
        Outer<T>::columns_of(c, I, D, n, smaller(Simd<T>::lanes, n1 - n), 0, I, [&](i64 k) { return gradient + (n + k) * I; });
    });
    std::memcpy(gradient + D * I, sums, sizeof(T) * size_t(D));
  }

  const T* embedding_gradient() const { return embedding_.get(); }  // [touched().count, width]

  // d(user's input row) [I] of packed row r into out, after backward().
  void input_row(const Batch<T>& batch, TapeOf<T>& tape, i64 r, i64 sequence, T* out) const {
    const i64 I = desc_.inputs();
    if (desc_.dense > 0 && !sparse()) {
      const T* d = tape.d_rows[0].get() + r * desc_.dense;
      product<T>(1, {nullptr, d, 0}, {nullptr, out, 0}, backward_, nullptr);
    } else {
      std::memcpy(out, tape.d_rows[0].get() + r * I, sizeof(T) * size_t(I));
    }
    if (batch.factor != nullptr)
      for (i64 j = 0; j < I; ++j) out[j] *= batch.factor[sequence * desc_.columns + j % desc_.columns];
  }

 private:
  static constexpr i64 block = 64;
  static constexpr std::uint32_t place = 0xffffffffu;  // of the input's dropout among those of the layers
  NetworkDesc desc_;
  Buffer<T> panels_, embedding_, outer_;
  Buffer<std::int32_t> ids_;
  Panels<T> forward_, backward_;
  Touched touched_;

  i64 width() const { return desc_.layer_inputs(0); }

  void drop_row(const TapeOf<T>& tape, T* out, const T* in, i64 sequence, i64 t) const {
    dropout<T>(out, in, width(), desc_.input_dropout, tape.noise.seed, tape.noise.step, place,
               std::uint32_t(sequence + tape.noise.first), std::uint32_t(t));
  }

  void tokens(const T* params, const Batch<T>& batch, TapeOf<T>& tape) const {
    const T** const x = tape.at(0, 0).x.get();
    std::int32_t* const ids = tape.ids.reserve(tape.order.rows);
    tape.reads = tape.order.rows;
    tape.bagged = false;
    each_row(tape.order, [&](i64 r, i64 sequence, i64 t) {
      ids[r] = batch.tokens[batch.start[sequence] + t];
      x[r] = params + ids[r] * desc_.width;
    });
  }

  // Each row is the sum of a bag, in the order of its members.
  void bags(const T* params, const Batch<T>& batch, TapeOf<T>& tape) const {
    const Bags<T>& bags = batch.bags;
    const i64 I = desc_.width;
    const T** const x = tape.at(0, 0).x.get();
    T* const sums = tape.rows[0].reserve_zeroed(tape.order.rows * I);
    const auto bag = [&](i64 sequence, i64 t) { return bags.first + batch.tokens[batch.start[sequence] + t]; };
    tape.bagged = true;
    tape.reads = 0;
    each_row(tape.order, [&](i64, i64 sequence, i64 t) { tape.reads += bag(sequence, t)[1] - bag(sequence, t)[0]; });
    std::int32_t* const ids = tape.ids.reserve(larger(tape.reads, 1));
    i64* const reader = tape.reader.reserve(larger(tape.reads, 1));
    T* const weight = tape.weight.reserve(larger(tape.reads, 1));
    i64 reads = 0;
    each_row(tape.order, [&](i64 r, i64 sequence, i64 t) {
      const i64* const range = bag(sequence, t);
      for (i64 k = range[0]; k < range[1]; ++k, ++reads) {
        ids[reads] = bags.row[k];
        reader[reads] = r;
        weight[reads] = bags.weight[k];
      }
    });
    each_step(tape.order, [&](i64 r, i64 sequence, i64 t) {
      const i64* const range = bag(sequence, t);
      T* const to = sums + r * I;
      for (i64 k = range[0]; k < range[1]; ++k) {
        const T* const from = params + bags.row[k] * I;
        for (i64 j = 0; j < I; ++j) to[j] += bags.weight[k] * from[j];
      }
      x[r] = to;
    });
  }

  void numbers(const T* params, const Batch<T>& batch, TapeOf<T>& tape) const {
    const Order& order = tape.order;
    const i64 I = desc_.inputs();
    const T** const x = tape.at(0, 0).x.get();
    each_row(order, [&](i64 r, i64 sequence, i64 t) {
      x[r] = batch.rows + batch.input_row(sequence, t, desc_.segment) * desc_.columns;
    });
    if (batch.shift != nullptr) {
      T* const scaled = (desc_.dense > 0 ? tape.raw : tape.rows[0]).reserve(order.rows * I);
      each_row(order, [&](i64 r, i64 sequence, i64) {
        const T* shift = batch.shift + sequence * desc_.columns;
        const T* factor = batch.factor + sequence * desc_.columns;
        T* to = scaled + r * I;
        for (i64 s = 0; s < I; s += desc_.columns)
          for (i64 c = 0; c < desc_.columns; ++c) to[s + c] = (x[r][s + c] - shift[c]) * factor[c];
        x[r] = to;
      });
    }
    if (desc_.dense == 0) return;
    const T** raw = tape.raw_rows.reserve(order.rows);
    std::memcpy(raw, x, sizeof(T*) * size_t(order.rows));
    const i64 D = desc_.dense;
    T* const out = tape.rows[0].reserve(order.rows * D);
    parallel((order.rows + block - 1) / block, [&](i64 i) {
      FlushSubnormals flush;
      const i64 first = i * block, count = smaller(block, order.rows - first);
      T* const to = out + first * D;
      product<T>(count, {raw + first}, {nullptr, to, D}, forward_, params + D * I);
      for (i64 j = 0; j < count * D; ++j) to[j] = to[j] < T(0) ? T(0) : to[j];
    });
    for (i64 r = 0; r < order.rows; ++r) x[r] = out + r * D;
  }

  template <class Body>
  static void each_row(const Order& order, Body&& body) {
    for (i64 t = 0; t < order.steps; ++t)
      for (i64 p = 0; p < order.active[t]; ++p) body(order.row(t, p), order.sequence[p], t);
  }

  // The same, on all threads.
  template <class Body>
  static void each_step(const Order& order, Body&& body) {
    parallel(order.steps, [&](i64 t) {
      for (i64 p = 0; p < order.active[t]; ++p) body(order.row(t, p), order.sequence[p], t);
    });
  }
};

}  // namespace tg::TG_ISA
