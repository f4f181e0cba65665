// A network with everything that it is given: parameters, spans over a table, targets. All of it drawn from a seed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core.h"

namespace tests {

using tg::Batch;
using tg::i64;
using tg::LossKind;
using tg::Network;
using tg::NetworkDesc;
using tg::Noise;
using tg::OptimizerDesc;
using tg::OptimizerKind;
using tg::Readout;
using tg::StepResult;
using tg::Tape;
using tg::Targets;

// The ways into a network. scaled: numbers with a shift and a factor for each span.
enum class Input { numbers, segments, scaled, dense, tokens };

constexpr Input inputs[] = {Input::numbers, Input::segments, Input::scaled, Input::dense, Input::tokens};
constexpr Readout readouts[] = {Readout::last, Readout::each, Readout::mean, Readout::max, Readout::mean_max};

// Small numbers between -1 and 1, the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double next();
  i64 below(i64 limit);  // from 0 up
  std::vector<double> many(i64 count, double scale);

 private:
  std::uint64_t state_;
};

NetworkDesc network_desc(int cell, i64 hidden, i64 layers, bool bidirectional, Readout readout, Input input);
std::string describe(const NetworkDesc& desc);

template <class T>
struct Problem {
  NetworkDesc desc;
  std::vector<i64> start, steps, item, target_row;
  std::vector<T> params, rows, shift, factor, h0, c0, numbers, weights;  // empty: none
  std::vector<std::int32_t> tokens;
  std::vector<std::int64_t> ids;
  i64 item_rows = 0;  // of an output table of readout "each"

  i64 n() const { return i64(steps.size()); }
  i64 output_rows() const {
    if (desc.readout != Readout::each) return n();
    return desc.read_last > 0 ? n() * desc.read_last : item_rows;
  }
  i64 state_size() const { return desc.layers * desc.directions() * n() * desc.hidden; }
  i64 first_row(i64 span, i64 step) const;  // in the table of rows or tokens
  Batch<T> batch() const;
  Targets<T> targets() const;
  template <class U>
  Problem<U> as() const;  // in another number type
  Problem alone(i64 span) const;                  // that span as the whole batch
  Problem chunk(i64 first_step, i64 count) const;  // these steps of every span; h0 and c0 are left empty
};

// Spans of these lengths that overlap in the table. Its output rows lie in another order than the spans, with gaps.
Problem<double> problem(const NetworkDesc& desc, const std::vector<i64>& lengths, std::uint64_t seed);
// Two layers of widths around whole vectors and tiles, over batches from one sequence up, ragged and not.
std::vector<Problem<double>> shape_problems(int cell);
// Adds targets and weights for desc.loss; some are missing.
void add_targets(Problem<double>& problem, std::uint64_t seed);

constexpr double unwritten = -77.0;  // what output tables hold before a call

template <class T>
struct Result {
  std::vector<T> output, h, c;  // c is empty for cells without
};

template <class T>
struct Gradients {
  std::vector<T> params, input, h0, c0;
};

// A network and one tape for all calls.
template <class T>
class Runner {
 public:
  explicit Runner(const NetworkDesc& desc);
  Result<T> forward(const Problem<T>& problem, bool keep, Noise noise = {});
  Gradients<T> backward(const Problem<T>& problem, const Result<T>& d);  // an empty part of d: null
  std::vector<T> record(const Problem<T>& problem, i64 layer, int direction, int value);
  double loss(const Problem<T>& problem);
  // The gradient of the loss: an SGD step of rate 0 leaves it in the memory.
  std::vector<T> loss_gradient(const Problem<T>& problem, Noise noise = {});

  Network<T>& network() { return *network_; }
  Tape<T>& tape() { return *tape_; }

 private:
  std::unique_ptr<Network<T>> network_;
  std::unique_ptr<Tape<T>> tape_;
};

template <class T>
Result<T> forward(const Problem<T>& problem, bool keep = false) {
  return Runner<T>(problem.desc).forward(problem, keep);
}

bool has_cell_state(const NetworkDesc& desc);
int gates(const NetworkDesc& desc);

}  // namespace tests
