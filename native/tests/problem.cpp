#include "problem.h"

#include <cmath>
#include <limits>
#include <type_traits>

namespace tests {

double Random::next() {  // splitmix64
  std::uint64_t x = state_ += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return double((x ^ (x >> 31)) >> 11) / double(std::uint64_t(1) << 52) - 1.0;
}

i64 Random::below(i64 limit) { return i64((next() + 1.0) / 2.0 * double(limit)); }

std::vector<double> Random::many(i64 count, double scale) {
  std::vector<double> all;
  for (i64 i = 0; i < count; ++i) all.push_back(scale * next());
  return all;
}

bool has_cell_state(const NetworkDesc& desc) { return std::string(tg::core().cell_names[desc.cell]) == "lstm"; }

int gates(const NetworkDesc& desc) {
  const std::string name = tg::core().cell_names[desc.cell];
  return name == "lstm" ? 4 : name == "gru" ? 3 : 1;
}

NetworkDesc network_desc(int cell, i64 hidden, i64 layers, bool bidirectional, Readout readout, Input input) {
  NetworkDesc d;
  d.cell = cell;
  d.hidden = hidden;
  d.layers = layers;
  d.bidirectional = bidirectional;
  d.readout = readout;
  d.columns = input == Input::tokens ? 0 : input == Input::dense ? 3 : 2;
  d.segment = input == Input::segments || input == Input::dense ? 2 : 1;
  d.dense = input == Input::dense ? 4 : 0;
  d.vocabulary = input == Input::tokens ? 6 : 0;
  d.width = input == Input::tokens ? 3 : 0;
  return d;
}

std::string describe(const NetworkDesc& d) {
  const char* const readout[] = {"last", "each", "mean", "max", "mean+max"};
  const char* const loss[] = {"none", "mse", "mae", "rmse", "huber", "pinball", "binary", "categorical", "mixing"};
  return std::string(tg::core().cell_names[d.cell]) + ", hidden " + std::to_string(d.hidden) + ", layers " +
         std::to_string(d.layers) + (d.bidirectional ? ", both directions" : "") + ", columns " +
         std::to_string(d.columns) + " x " + std::to_string(d.segment) + ", dense " + std::to_string(d.dense) +
         ", vocabulary " + std::to_string(d.vocabulary) + ", readout " + readout[int(d.readout)] + ", outputs " +
         std::to_string(d.outputs) + ", loss " + loss[int(d.loss.kind)] + (d.loss.sum ? " summed" : "");
}

template <class T>
i64 Problem<T>::first_row(i64 span, i64 step) const {
  return start[span] + step * (desc.vocabulary > 0 ? 1 : desc.segment);
}

namespace {

template <class V>
const V* pointer(const std::vector<V>& values) {
  return values.empty() ? nullptr : values.data();
}
template <class V>
V* pointer(std::vector<V>& values) {
  return values.empty() ? nullptr : values.data();
}

// [parts, n, width] -> [parts, 1, width]
template <class T>
std::vector<T> take(const std::vector<T>& from, i64 n, i64 span, i64 width) {
  std::vector<T> out;
  for (std::size_t i = std::size_t(span * width); i < from.size(); i += std::size_t(n * width))
    out.insert(out.end(), from.begin() + i64(i), from.begin() + i64(i) + width);
  return out;
}

}  // namespace

template <class T>
Batch<T> Problem<T>::batch() const {
  Batch<T> b;
  b.n = n();
  b.start = start.data();
  b.steps = steps.data();
  b.item = item.data();
  b.rows = pointer(rows);
  b.tokens = pointer(tokens);
  b.shift = pointer(shift);
  b.factor = pointer(factor);
  b.h0 = pointer(h0);
  b.c0 = pointer(c0);
  return b;
}

template <class T>
Targets<T> Problem<T>::targets() const {
  return {pointer(numbers), pointer(ids), pointer(weights), pointer(target_row)};
}

template <class T>
template <class U>
Problem<U> Problem<T>::as() const {
  auto cast = [](const std::vector<T>& from) { return std::vector<U>(from.begin(), from.end()); };
  return {desc,          start,     steps,    item,     target_row,    cast(params), cast(rows), cast(shift),
          cast(factor),  cast(h0),  cast(c0), cast(numbers), cast(weights), tokens,  ids,        item_rows};
}

template <class T>
Problem<T> Problem<T>::alone(i64 span) const {
  Problem one = *this;
  const std::size_t i = std::size_t(span);
  one.start = {start[i]};
  one.steps = {steps[i]};
  one.item = {item[i]};
  if (!target_row.empty()) one.target_row = {target_row[i]};
  one.shift = take(shift, n(), span, desc.columns);
  one.factor = take(factor, n(), span, desc.columns);
  one.h0 = take(h0, n(), span, desc.hidden);
  one.c0 = take(c0, n(), span, desc.hidden);
  return one;
}

template <class T>
Problem<T> Problem<T>::chunk(i64 first_step, i64 count) const {
  Problem part = *this;
  for (i64 i = 0; i < n(); ++i) {
    part.start[i] = first_row(i, first_step);
    part.steps[i] = count;
    part.item[i] += first_step;
  }
  part.h0.clear();
  part.c0.clear();
  return part;
}

Problem<double> problem(const NetworkDesc& desc, const std::vector<i64>& lengths, std::uint64_t seed) {
  Problem<double> p;
  p.desc = desc;
  p.steps = lengths;
  Random random(seed);
  const std::unique_ptr<Network<double>> network(tg::core().new_network_double(desc));
  p.params = random.many(network->parameter_count(), 0.5);
  const i64 segment = desc.vocabulary > 0 ? 1 : desc.segment;
  i64 table = 0;
  p.item.resize(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    p.start.push_back(i64(i) + 1);
    table = tg::larger(table, p.start[i] + lengths[i] * segment);
  }
  for (std::size_t i = lengths.size(); i-- > 0; p.item_rows += lengths[i] + 1) p.item[i] = p.item_rows;
  if (desc.vocabulary > 0)  // the last id is never read
    for (i64 i = 0; i < table; ++i) p.tokens.push_back(std::int32_t(random.below(desc.vocabulary - 1)));
  else
    p.rows = random.many(table * desc.columns, 1.0);
  p.h0 = random.many(p.state_size(), 0.7);
  if (has_cell_state(desc)) p.c0 = random.many(p.state_size(), 0.9);
  return p;
}

std::vector<Problem<double>> shape_problems(int cell) {
  const std::vector<std::vector<i64>> batches = {
      {6}, {2, 5}, {4, 4, 4, 4, 4, 4}, {1, 7, 2, 6, 3, 5, 4}, std::vector<i64>(31, 3)};
  std::vector<Problem<double>> all;
  std::uint64_t seed = 7000 + std::uint64_t(cell);
  for (i64 hidden : {1, 2, 7, 8, 9, 16, 17, 33, 64, 70})
    for (i64 columns : {1, 5, 16, 90})
      for (const std::vector<i64>& lengths : batches) {
        if (++seed % 3 != 0) continue;  // a third of them: each value comes in various company
        NetworkDesc desc = network_desc(cell, hidden, 2, seed % 2 == 0, Readout::each, Input::numbers);
        desc.columns = columns;
        desc.outputs = seed % 5 == 0 ? 19 : 0;
        all.push_back(problem(desc, lengths, seed));
        for (double& w : all.back().params) w *= 2.0 / std::sqrt(double(hidden + columns));  // or states would grow
      }
  return all;
}

void add_targets(Problem<double>& p, std::uint64_t seed) {
  Random random(seed);
  const tg::LossDesc& loss = p.desc.loss;
  i64 count = p.n();
  if (p.desc.readout == Readout::each) {
    count = 0;
    for (i64 i = 0; i < p.n(); ++i) count = tg::larger(count, p.first_row(i, p.steps[i]));
  } else {
    for (i64 i = p.n(); i-- > 0;) p.target_row.push_back(i);  // backwards
  }
  if (loss.kind == LossKind::categorical) {
    for (i64 i = 0; i < count; ++i)
      p.ids.push_back(i == 1 ? -1 : random.below(loss.outputs));
  } else {
    p.numbers = random.many(count * loss.targets, 1.0);
    if (loss.kind == LossKind::binary)
      for (double& t : p.numbers) t = t > 0.0;
    p.numbers[1] = std::numeric_limits<double>::quiet_NaN();
    if (loss.kind == LossKind::mixing) p.numbers[p.numbers.size() - std::size_t(loss.targets)] = p.numbers[1];  // a value
  }
  for (i64 i = 0; i < count; ++i) p.weights.push_back(i == 2 ? 0.0 : 1.5 + random.next());
}

template <class T>
Runner<T>::Runner(const NetworkDesc& desc) {
  if constexpr (std::is_same_v<T, float>)
    network_.reset(tg::core().new_network_float(desc));
  else
    network_.reset(tg::core().new_network_double(desc));
  tape_.reset(network_->new_tape());
}

template <class T>
Result<T> Runner<T>::forward(const Problem<T>& p, bool keep, Noise noise) {
  const Batch<T> batch = p.batch();
  Result<T> r;
  r.output.assign(p.output_rows() * p.desc.output_width(), T(unwritten));
  r.h.assign(p.state_size(), T(unwritten));
  if (has_cell_state(p.desc)) r.c = r.h;
  network_->forward(p.params.data(), true, batch, noise, keep, *tape_);
  network_->output(p.params.data(), batch, *tape_, r.output.data());
  network_->final_state(batch, *tape_, r.h.data(), pointer(r.c));
  return r;
}

template <class T>
Gradients<T> Runner<T>::backward(const Problem<T>& p, const Result<T>& d) {
  Gradients<T> g;
  g.params.assign(p.params.size(), T(unwritten));
  if (p.tokens.empty()) g.input.assign(p.item_rows * p.desc.inputs(), T(unwritten));
  g.h0.assign(p.state_size(), T(unwritten));
  if (has_cell_state(p.desc)) g.c0 = g.h0;
  network_->backward(p.params.data(), p.batch(), *tape_, pointer(d.output), pointer(d.h), pointer(d.c), g.params.data(),
                     pointer(g.input), pointer(g.h0), pointer(g.c0));
  return g;
}

template <class T>
std::vector<T> Runner<T>::record(const Problem<T>& p, i64 layer, int direction, int value) {
  std::vector<T> out(p.item_rows * p.desc.hidden, T(unwritten));
  network_->record(p.batch(), *tape_, layer, direction, value, out.data());
  return out;
}

template <class T>
double Runner<T>::loss(const Problem<T>& p) {
  return network_->loss(p.params.data(), p.batch(), p.targets(), *tape_);
}

template <class T>
std::vector<T> Runner<T>::loss_gradient(const Problem<T>& p, Noise noise) {
  std::vector<T> params = p.params, m(params.size(), T(0)), v(params.size(), T(0));
  OptimizerDesc sgd;
  sgd.kind = OptimizerKind::sgd;
  sgd.learning_rate = 0.0;
  network_->train_step(params.data(), m.data(), v.data(), p.batch(), p.targets(), noise, sgd, 0.0, *tape_);
  return m;
}

template struct Problem<float>;
template struct Problem<double>;
template Problem<float> Problem<double>::as<float>() const;
template Problem<double> Problem<double>::as<double>() const;
template class Runner<float>;
template class Runner<double>;

}  // namespace tests
