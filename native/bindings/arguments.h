// The arguments of the core's calls, as Python gives them: what could touch memory that is not ours is checked here.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "arrays.h"
#include "core.h"

namespace tg {

// The spans of one call, with what keeps their memory alive.
template <class T>
struct Spans {
  Array<const i64> start, steps, item;
  Maybe<const T> rows;
  Maybe<const std::int32_t> tokens;
  Maybe<const T> shift, factor, h0, c0;
  Maybe<const i64> bag_first;  // bags of rows of the embedding, which tokens then count
  Maybe<const std::int32_t> bag_row;
  Maybe<const T> bag_weight;
  Maybe<const i64> offset;

  Batch<T> batch(const NetworkDesc& desc) const {
    const std::size_t n = steps.size();
    require(n > 0 && start.size() == n && item.size() == n, "start, steps and item must have one entry for each span");
    const bool sparse = desc.vocabulary > 0;
    require(sparse ? tokens.has_value() : rows.has_value(), "rows do not fit the network's input");
    if (offset) check_offset(desc);
    const i64 count = sparse ? i64(tokens->size()) : i64(rows->size()) / desc.columns;
    for (std::size_t i = 0; i < n; ++i) {
      const i64 first = start.data()[i], segment = sparse ? 1 : desc.segment;
      require(steps.data()[i] >= desc.read_last, "a span has fewer steps than are read out");
      // a quotient first: no product of these runs over
      require(steps.data()[i] >= 1 && steps.data()[i] <= count / segment, "a span leaves the table of rows");
      const i64 length = reach(steps.data()[i], segment);
      require(first >= 0 && length <= count && first <= count - length, "a span leaves the table of rows");
      for (i64 t = first; sparse && t < first + length; ++t) check_token(tokens->data()[t], desc.vocabulary);
    }
    const std::size_t state = std::size_t(desc.layers * desc.directions() * desc.hidden) * n;
    require_size(shift, n * std::size_t(desc.columns), "shift must be [spans, columns]");
    require_size(factor, n * std::size_t(desc.columns), "factor must be [spans, columns]");
    require(shift.has_value() == factor.has_value(), "shift and factor come together");
    require_size(h0, state, "h0 must be [layers * directions, spans, hidden]");
    require_size(c0, state, "c0 must be [layers * directions, spans, hidden]");
    Batch<T> b;
    b.n = i64(n);
    b.start = start.data();
    b.steps = steps.data();
    b.item = item.data();
    b.offset = pointer(offset);
    b.rows = sparse ? nullptr : rows->data();
    b.tokens = sparse ? tokens->data() : nullptr;
    b.bags = {pointer(bag_first), pointer(bag_row), pointer(bag_weight)};
    b.shift = pointer(shift);
    b.factor = pointer(factor);
    b.h0 = pointer(h0);
    b.c0 = pointer(c0);
    return b;
  }

  void check_offset(const NetworkDesc& desc) const {
    require(desc.vocabulary == 0 && desc.segment == 1 && desc.readout == Readout::each && desc.read_last == 0,
            "offset is for rows of numbers, one to a step, and readout each");
    for (std::size_t t = 0; t < offset->size(); ++t)
      require(offset->data()[t] >= 0 && offset->data()[t] < i64(1) << 62, "offset must not be negative, nor beyond any table");
    for (std::size_t i = 0; i < steps.size(); ++i)
      require(steps.data()[i] <= i64(offset->size()), "offset must have one entry for each step");
    for (std::size_t t = 1; t < offset->size(); ++t)
      require(offset->data()[t - 1] < offset->data()[t], "offset must increase");
  }

  // Rows from the first of `count` steps up to the last.
  i64 reach(i64 count, i64 segment) const { return offset && count > 0 ? offset->data()[count - 1] + 1 : count * segment; }

  void check_token(std::int32_t id, i64 vocabulary) const {
    if (!bag_first) return require(id >= 0 && id < vocabulary, "a token id is outside of the vocabulary");
    require(bag_row && bag_weight && bag_row->size() == bag_weight->size(), "a bag needs rows and their weights");
    require(id >= 0 && id + 1 < i64(bag_first->size()), "a token id has no bag");
    const i64* const range = bag_first->data() + id;
    require(0 <= range[0] && range[0] <= range[1] && range[1] <= i64(bag_row->size()), "a bag leaves the table of rows");
    for (i64 k = range[0]; k < range[1]; ++k)
      require(bag_row->data()[k] >= 0 && bag_row->data()[k] < vocabulary, "a row of a bag is outside of the vocabulary");
  }

  // One past the last row that output() of an "each" readout may write.
  i64 last_item() const {
    i64 last = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      require(item.data()[i] >= 0, "item must not be negative");
      last = larger(last, item.data()[i] + reach(steps.data()[i], 1));
    }
    return last;
  }
};

// The target table and its weights, with what keeps their memory alive.
template <class T>
struct PyTargets {
  Maybe<const T> numbers;
  Maybe<const std::int64_t> ids;
  Maybe<const T> weights;
  Maybe<const i64> row;
  Maybe<const i64> classes;
  Maybe<const T> class_shift;

  Targets<T> view(const NetworkDesc& desc, const Spans<T>& spans) const {
    require(desc.outputs > 0 && desc.loss.kind != LossKind::none, "the network has no head or no loss");
    const bool categorical = desc.loss.kind == LossKind::categorical;
    require(categorical ? ids.has_value() : numbers.has_value(), "the targets do not fit the loss");
    const i64 count = categorical ? i64(ids->size()) : i64(numbers->size()) / desc.loss.targets;
    require(!weights || i64(weights->size()) >= count, "weights must have one entry for each target row");
    for (i64 i = 0; categorical && i < count; ++i)
      require(ids->data()[i] < desc.outputs, "a target id is outside of the outputs");
    if (classes) check_classes(desc, spans);
    require(!row || row->size() == spans.steps.size(), "target_row must have one entry for each span");
    for (std::size_t i = 0; i < spans.steps.size(); ++i) {
      const i64 first = target_of(desc, spans, i, 0);
      require(first >= 0 && first < count && target_of(desc, spans, i, steps_of(desc, spans, i) - 1) < count,
              "a span has no row in the table of targets");
    }
    Targets<T> t;
    t.numbers = pointer(numbers);
    t.ids = pointer(ids);
    t.weights = pointer(weights);
    t.target_row = pointer(row);
    t.classes = pointer(classes);
    t.class_shift = pointer(class_shift);
    t.n_classes = classes ? i64(classes->size()) : 0;
    return t;
  }

  void check_classes(const NetworkDesc& desc, const Spans<T>& spans) const {
    require(desc.loss.kind == LossKind::categorical && !desc.loss.n_class_weight && desc.loss.smoothing == 0.0,
            "classes are for a categorical loss without class weights and smoothing");
    require(class_shift && class_shift->size() == classes->size(), "class_shift must have one entry for each class");
    std::vector<bool> scored(std::size_t(desc.outputs), false);
    for (std::size_t i = 0; i < classes->size(); ++i) {
      const i64 id = classes->data()[i];
      require(id >= 0 && id < desc.outputs && !scored[std::size_t(id)], "classes must be different outputs");
      scored[std::size_t(id)] = true;
    }
    const i64 count = i64(ids->size());
    for (std::size_t i = 0; i < spans.steps.size(); ++i)
      for (i64 t = 0; t < steps_of(desc, spans, i); ++t) {
        const i64 at = target_of(desc, spans, i, t);
        if (at < 0 || at >= count) continue;  // refused by view()
        const i64 id = ids->data()[at];
        require(id < 0 || scored[std::size_t(id)], "a target is not among the classes");
      }
  }

  // Rows of targets that span i has, and which is that of the t-th; see Targets.
  static i64 steps_of(const NetworkDesc& desc, const Spans<T>& spans, std::size_t i) {
    if (desc.readout != Readout::each) return 1;
    return desc.read_last > 0 ? desc.read_last : spans.steps.data()[i];
  }
  i64 target_of(const NetworkDesc& desc, const Spans<T>& spans, std::size_t i, i64 t) const {
    if (row) return row->data()[i] + t;
    if (desc.readout != Readout::each) return i64(i);
    const i64 skipped = spans.steps.data()[i] - steps_of(desc, spans, i);
    return spans.start.data()[i] + (skipped + t + 1) * (desc.vocabulary > 0 ? 1 : desc.segment) - 1;
  }
};

inline OptimizerDesc optimizer_desc(const std::string& kind, double learning_rate, double beta1, double beta2, double eps,
                             double weight_decay, double momentum, i64 step) {
  OptimizerDesc o;
  require(kind == "sgd" || kind == "adam" || kind == "adamw", "the optimizer must be 'sgd', 'adam' or 'adamw'");
  o.kind = kind == "sgd" ? OptimizerKind::sgd : kind == "adam" ? OptimizerKind::adam : OptimizerKind::adamw;
  o.learning_rate = learning_rate;
  o.beta1 = beta1;
  o.beta2 = beta2;
  o.eps = eps;
  o.weight_decay = weight_decay;
  o.momentum = momentum;
  o.step = step;
  return o;
}

inline NetworkDesc network_desc(const std::string& cell, i64 hidden, i64 layers, bool bidirectional, double dropout,
                         double input_dropout, double recurrent_dropout, i64 columns, i64 segment, i64 dense, i64 vocabulary, i64 width, const std::string& readout, i64 read_last,
                         double head_dropout, i64 outputs, bool tied, const std::string& loss, i64 targets, const std::vector<double>& quantiles, i64 paths,
                         bool chance, double delta, double smoothing, const std::vector<double>& class_weight, bool sum) {
  NetworkDesc d;
  const Core& c = core();
  for (d.cell = 0; d.cell < c.cell_count && cell != c.cell_names[d.cell]; ++d.cell) {
  }
  require(d.cell < c.cell_count, "the core has no such cell");
  d.hidden = hidden;
  d.layers = layers;
  d.bidirectional = bidirectional;
  d.dropout = dropout;
  d.input_dropout = input_dropout;
  d.recurrent_dropout = recurrent_dropout;
  d.columns = columns;
  d.segment = segment;
  d.dense = dense;
  d.vocabulary = vocabulary;
  d.width = width;
  static const char* const readouts[] = {"last", "each", "mean", "max", "mean+max"};
  int r = 0;
  while (r < 5 && readout != readouts[r]) ++r;
  require(r < 5, "the core has no such readout");
  d.readout = Readout(r);
  d.read_last = read_last;
  d.head_dropout = head_dropout;
  d.outputs = outputs;
  d.tied = tied;
  require(!tied || (vocabulary > 0 && outputs == vocabulary && width == d.readout_width()), "a tied head must have the embedding's shape");
  static const char* const losses[] = {"none", "mse", "mae", "rmse", "huber", "pinball", "binary", "categorical", "mixing"};
  int k = 0;
  while (k < 9 && loss != losses[k]) ++k;
  require(k < 9, "the core has no such loss");
  d.loss.kind = LossKind(k);
  d.loss.outputs = outputs;
  d.loss.targets = targets;
  d.loss.quantiles = quantiles.data();
  d.loss.n_quantiles = int(quantiles.size());
  d.loss.paths = paths;
  d.loss.chance = chance;
  if (d.loss.kind == LossKind::mixing) {
    require(paths >= 1 && paths <= mixing_most && quantiles.size() <= std::size_t(mixing_most), "too many paths or quantiles, or none");
    require(std::count(quantiles.begin(), quantiles.end(), 0.5) == 1, "the median must be among the quantiles");
    require(outputs % d.loss.together() == 0 && targets == outputs / d.loss.together() * d.loss.targets_of_a_step(),
            "outputs and targets must be those of whole steps");
  }
  d.loss.delta = delta;
  d.loss.smoothing = smoothing;
  d.loss.class_weight = class_weight.empty() ? nullptr : class_weight.data();
  d.loss.n_class_weight = int(class_weight.size());
  d.loss.sum = sum;
  return d;
}

}  // namespace tg
