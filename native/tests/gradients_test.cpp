// Whole networks in double against finite differences: each parameter, input and first state.
//
// Central differences with a step of 1e-5 are wrong by about 1e-10 times a third derivative, and by the rounding of the
// value, 1e-16 / 1e-5; both are well below the tolerance.
#include <algorithm>

#include "harness.h"
#include "problem.h"
#include "with_threads.h"

namespace tests {

namespace {

constexpr double step = 1e-5, tolerance = 1e-7;
// All numbers move at once: the third derivative along the way is larger.
constexpr double shape_tolerance = 1e-6;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i)
    if (a[i] != unwritten) sum += a[i] * b[i];
  return sum;
}

// What is differentiated: d . (output, h, c).
double value(Runner<double>& runner, const Problem<double>& p, const Result<double>& d, Noise noise) {
  const Result<double> r = runner.forward(p, false, noise);
  return dot(r.output, d.output) + dot(r.h, d.h) + dot(r.c, d.c);
}

template <class Value>
void check_differences(const char* name, std::vector<double>& x, const std::vector<double>& gradient, Value&& value) {
  CHECK_EQUAL(gradient.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double before = x[i];
    x[i] = before + step;
    const double above = value();
    x[i] = before - step;
    const double below = value();
    x[i] = before;
    harness::Scope scope(std::string(name) + " " + harness::text(i));
    const double difference = (above - below) / (2.0 * step);
    CHECK_NEAR(gradient[i], difference, tolerance * (1.0 + std::fabs(difference)));
  }
}

// The gradient by the table of rows: each row sums what the spans that read it got.
std::vector<double> rows_gradient(const Problem<double>& p, const std::vector<double>& d_input) {
  std::vector<double> d(p.rows.size(), 0.0);
  const i64 width = p.desc.inputs();
  for (i64 i = 0; i < p.n(); ++i)
    for (i64 t = 0; t < p.steps[i]; ++t)
      for (i64 j = 0; j < width; ++j)
        d[p.first_row(i, t) * p.desc.columns + j] += d_input[(p.item[i] + t) * width + j];
  return d;
}

Result<double> random_like(const Result<double>& r, Random& random) {
  return {random.many(i64(r.output.size()), 1.0), random.many(i64(r.h.size()), 1.0), random.many(i64(r.c.size()), 1.0)};
}

void check_network(const NetworkDesc& desc, bool scaled, Noise noise, std::uint64_t seed) {
  harness::Scope scope(describe(desc) + (scaled ? ", scaled" : "") + (noise.on ? ", dropout" : ""));
  Problem<double> p = problem(desc, {3, 1, 4}, seed);
  Random random(seed + 1000);
  if (scaled) {
    p.shift = random.many(p.n() * desc.columns, 1.0);
    p.factor = random.many(p.n() * desc.columns, 2.0);
  }
  Runner<double> runner(desc);
  const Result<double> r = runner.forward(p, true, noise);
  const Result<double> d = random_like(r, random);
  const Gradients<double> g = runner.backward(p, d);
  WithThreads one(1);  // thousands of small calls
  auto again = [&] { return value(runner, p, d, noise); };
  check_differences("parameter", p.params, g.params, again);
  check_differences("h0", p.h0, g.h0, again);
  check_differences("c0", p.c0, g.c0, again);
  if (p.tokens.empty()) check_differences("input", p.rows, rows_gradient(p, g.input), again);
}

// Moves every number that the network is given along one direction u; returns gradient . u.
struct Direction {
  std::vector<double> params, rows, h0, c0;

  void move(Problem<double>& p, double far) const {
    add(p.params, params, far);
    add(p.rows, rows, far);
    add(p.h0, h0, far);
    add(p.c0, c0, far);
  }
  static void add(std::vector<double>& x, const std::vector<double>& u, double far) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += far * u[i];
  }
};

// Largest |a - b|, over the largest |b|.
double relative_error(const std::vector<float>& a, const std::vector<double>& b) {
  CHECK_EQUAL(a.size(), b.size());
  double error = 0.0, most = 1.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error = std::max(error, std::fabs(double(a[i]) - b[i]));
    most = std::max(most, std::fabs(b[i]));
  }
  return error / most;
}

// Too many numbers to move one by one: all of them are moved along one direction.
// A relu network is compared between the types alone: on the way some unit meets its kink.
void check_shape(Problem<double> p, std::uint64_t seed) {
  harness::Scope scope(describe(p.desc) + ", spans " + harness::text(p.n()));
  Random random(seed);
  Runner<double> runner(p.desc);
  const Result<double> r = runner.forward(p, true);
  const Result<double> d = random_like(r, random);
  const Gradients<double> g = runner.backward(p, d);
  const Direction u = {random.many(i64(p.params.size()), 1.0), random.many(i64(p.rows.size()), 1.0),
                       random.many(i64(p.h0.size()), 1.0), random.many(i64(p.c0.size()), 1.0)};
  const double expected =
      dot(g.params, u.params) + dot(rows_gradient(p, g.input), u.rows) + dot(g.h0, u.h0) + dot(g.c0, u.c0);
  u.move(p, step);
  const double above = value(runner, p, d, Noise{});
  u.move(p, -2.0 * step);
  const double below = value(runner, p, d, Noise{});
  u.move(p, step);
  const double difference = (above - below) / (2.0 * step);
  if (std::string(tg::core().cell_names[p.desc.cell]) != "rnn_relu")
    CHECK_NEAR(expected, difference, shape_tolerance * (1.0 + std::fabs(difference)));

  const Problem<float> q = p.as<float>();
  auto narrow = [](const std::vector<double>& x) { return std::vector<float>(x.begin(), x.end()); };
  const Result<float> d_float = {narrow(d.output), narrow(d.h), narrow(d.c)};
  Runner<float> runner_float(p.desc);
  runner_float.forward(q, true);
  const Gradients<float> in_float = runner_float.backward(q, d_float);
  CHECK_NEAR(relative_error(in_float.params, g.params), 0.0, 1e-5);
  CHECK_NEAR(relative_error(in_float.input, g.input), 0.0, 1e-5);
  CHECK_NEAR(relative_error(in_float.h0, g.h0), 0.0, 1e-5);
  CHECK_NEAR(relative_error(in_float.c0, g.c0), 0.0, 1e-5);
}

}  // namespace

// Every cell x layers x directions x readout x way in, every other with a head.
TEST(gradients_of_networks) {
  std::uint64_t seed = 0;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (bool bidirectional : {false, true})
      for (i64 layers : {1, 2})
        for (Readout readout : readouts)
          for (Input input : inputs) {
            NetworkDesc desc = network_desc(cell, 3, layers, bidirectional, readout, input);
            desc.outputs = seed % 2 == 0 ? 2 : 0;
            check_network(desc, input == Input::scaled, Noise{}, ++seed);
          }
}

TEST(gradients_of_shapes) {
  WithThreads one(1);
  std::uint64_t seed = 800;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (const Problem<double>& p : shape_problems(cell)) check_shape(p, ++seed);
}

TEST(gradients_of_networks_with_dropout) {
  WithThreads one(1);
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (bool bidirectional : {false, true}) {
      NetworkDesc desc = network_desc(cell, 3, 3, bidirectional, Readout::each, inputs[cell]);
      desc.dropout = 0.4;
      desc.input_dropout = 0.2;
      desc.recurrent_dropout = 0.3;
      check_network(desc, false, Noise{true, 11, 7}, std::uint64_t(cell) + 500);
    }
}

}  // namespace tests
