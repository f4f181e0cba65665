// Forward passes against plain loops, in double and in float.
#include <algorithm>

#include "harness.h"
#include "reference.h"
#include "with_threads.h"

namespace tests {

namespace {

// Largest |a - b| / max(1, |b|).
template <class T>
double worst(const std::vector<T>& a, const std::vector<double>& b) {
  CHECK_EQUAL(a.size(), b.size());
  double most = 0.0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double error = std::fabs(double(a[i]) - b[i]) / std::max(1.0, std::fabs(b[i]));
    if (!(error <= most)) most = error;
  }
  return most;
}

template <class T>
void check_type(const Problem<double>& p, const Reference& expected, Noise noise, double tolerance) {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const Problem<T> mine = p.as<T>();
  Runner<T> runner(p.desc);
  const Result<T> r = runner.forward(mine, false, noise);
  CHECK_NEAR(worst(r.output, expected.result.output), 0.0, tolerance);
  CHECK_NEAR(worst(r.h, expected.result.h), 0.0, tolerance);
  CHECK_NEAR(worst(r.c, expected.result.c), 0.0, tolerance);
  const Result<T> kept = runner.forward(mine, true, noise);
  CHECK_BITS(kept.output, r.output);
  CHECK_BITS(kept.h, r.h);
  CHECK_BITS(kept.c, r.c);
  for (i64 layer = 0; layer < p.desc.layers; ++layer)
    for (int direction = 0; direction < p.desc.directions(); ++direction) {
      const auto& record = expected.record[layer * p.desc.directions() + direction];
      for (std::size_t v = 0; v < record.size(); ++v) {
        harness::Scope where("record " + harness::text(v) + " of layer " + harness::text(layer));
        CHECK_NEAR(worst(runner.record(mine, layer, direction, int(v)), record[v]), 0.0, tolerance);
      }
    }
}

// Sums of up to a few hundred terms near 1 in another order: 1e-12 in double, 1e-5 in float (both some 100 roundings).
void check(const Problem<double>& p, Noise noise = {}) {
  harness::Scope scope(describe(p.desc) + ", spans " + harness::text(p.n()));
  const Reference expected = reference(p, noise);
  check_type<double>(p, expected, noise, 1e-12);
  check_type<float>(p, expected, noise, 1e-5);
}

}  // namespace

TEST(forward_of_networks) {
  WithThreads one(1);
  std::uint64_t seed = 3000;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (bool bidirectional : {false, true})
      for (i64 layers : {1, 2})
        for (Readout readout : readouts)
          for (Input input : inputs) {
            NetworkDesc desc = network_desc(cell, 3, layers, bidirectional, readout, input);
            desc.outputs = seed % 2 == 0 ? 2 : 0;
            Problem<double> p = problem(desc, {3, 1, 4}, ++seed);
            Random random(seed);
            if (input == Input::scaled) {
              p.shift = random.many(p.n() * desc.columns, 1.0);
              p.factor = random.many(p.n() * desc.columns, 2.0);
            }
            check(p);
          }
}

TEST(forward_of_shapes) {
  WithThreads one(1);
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (const Problem<double>& p : shape_problems(cell)) check(p);
}

TEST(forward_without_first_states_starts_from_zero) {
  for (int cell = 0; cell < tg::core().cell_count; ++cell) {
    Problem<double> p = problem(network_desc(cell, 5, 2, true, Readout::last, Input::numbers), {3, 2}, 40);
    p.h0.clear();
    p.c0.clear();
    check(p);
  }
}

TEST(forward_with_dropout) {
  WithThreads one(1);
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (bool bidirectional : {false, true}) {
      NetworkDesc desc = network_desc(cell, 9, 3, bidirectional, Readout::each, Input::numbers);
      desc.dropout = 0.3;
      const Problem<double> p = problem(desc, {3, 1, 4, 2}, 50);
      check(p, Noise{true, std::uint64_t(1) << 40 | 5, 9});
      check(p, Noise{false, 5, 9});
    }
}

TEST(forward_with_dropout_before_the_head) {
  WithThreads one(1);
  for (Readout readout : {Readout::last, Readout::each, Readout::mean, Readout::mean_max})
    for (bool bidirectional : {false, true}) {
      NetworkDesc desc = network_desc(0, 9, 2, bidirectional, readout, Input::numbers);
      desc.head_dropout = 0.3;
      desc.outputs = 3;
      const Problem<double> p = problem(desc, {3, 1, 4, 2}, 55);
      check(p, Noise{true, std::uint64_t(1) << 40 | 5, 9});
      check(p, Noise{false, 5, 9});
    }
}

TEST(forward_reads_the_last_steps_out) {
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (bool bidirectional : {false, true})
      for (i64 outputs : {0, 3}) {
        NetworkDesc desc = network_desc(cell, 9, 2, bidirectional, Readout::each, Input::numbers);
        desc.read_last = 2;
        desc.outputs = outputs;
        check(problem(desc, {3, 2, 4, 2}, 57));
      }
}

// A pooled output has a row for each span; "each" writes the rows of its items and no others.
TEST(forward_writes_no_row_of_no_span) {
  const Problem<double> p = problem(network_desc(0, 3, 1, false, Readout::each, Input::numbers), {3, 1, 4}, 60);
  const Result<double> r = forward(p);
  CHECK_EQUAL(std::count(r.output.begin(), r.output.end(), unwritten), 3 * 3);  // a gap after each of three spans
}

TEST(forward_sees_changed_parameters_only_if_told) {
  for (int cell = 0; cell < tg::core().cell_count; ++cell) {
    NetworkDesc desc = network_desc(cell, 5, 2, true, Readout::last, Input::dense);
    desc.outputs = 2;
    Problem<double> p = problem(desc, {3, 2}, 70);
    Runner<double> runner(desc);
    const Result<double> first = runner.forward(p, false);
    runner.network().forward(p.params.data(), false, p.batch(), Noise{}, false, runner.tape());
    std::vector<double> output(first.output.size());
    runner.network().output(p.params.data(), p.batch(), runner.tape(), output.data());
    CHECK_BITS(output, first.output);
    for (double& w : p.params) w *= 1.5;
    const Result<double> second = runner.forward(p, false);
    CHECK(second.output != first.output);
    CHECK_BITS(second.output, forward(p).output);
  }
}

}  // namespace tests
