// Training steps: the optimizers by their formulas, clipping, what is updated and what is not.
#include <algorithm>
#include <limits>

#include "harness.h"
#include "problem.h"
#include "with_threads.h"

namespace tests {

namespace {

Problem<double> make(Input input, int cell = 0, Readout readout = Readout::each) {
  NetworkDesc desc = network_desc(cell, 4, 2, false, readout, input);
  desc.outputs = 2;
  desc.loss.kind = LossKind::mse;
  desc.loss.outputs = desc.loss.targets = 2;
  Problem<double> p = problem(desc, {3, 1, 4, 6}, 21);
  add_targets(p, 22);
  return p;
}

OptimizerDesc optimizer(OptimizerKind kind, i64 step = 1) {
  OptimizerDesc o;
  o.kind = kind;
  o.learning_rate = 0.03;
  o.beta1 = 0.8;
  o.beta2 = 0.95;
  o.eps = 1e-6;
  o.weight_decay = 0.02;
  o.momentum = 0.7;
  o.step = step;
  return o;
}

template <class T>
struct State {
  std::vector<T> params, m, v;
};

template <class T>
StepResult train(Runner<T>& runner, const Problem<T>& p, State<T>& s, const OptimizerDesc& o, double clip,
                 Noise noise = {}) {
  return runner.network().train_step(s.params.data(), s.m.data(), s.v.data(), p.batch(), p.targets(), noise, o, clip,
                                     runner.tape());
}

template <class T>
State<T> fresh(const Problem<T>& p) {
  return {p.params, std::vector<T>(p.params.size(), T(0)), std::vector<T>(p.params.size(), T(0))};
}

double norm(const std::vector<double>& g) {
  double squares = 0.0;
  for (double x : g) squares += x * x;
  return std::sqrt(squares);
}

// One parameter's step as torch.optim documents it (Kingma and Ba 2015; Loshchilov and Hutter 2019).
void expected_step(const OptimizerDesc& o, double g, double& p, double& m, double& v) {
  if (o.kind == OptimizerKind::adamw)
    p -= o.learning_rate * o.weight_decay * p;
  else
    g += o.weight_decay * p;
  if (o.kind == OptimizerKind::sgd) {
    m = o.momentum * m + g;
    p -= o.learning_rate * m;
    return;
  }
  m = o.beta1 * m + (1.0 - o.beta1) * g;
  v = o.beta2 * v + (1.0 - o.beta2) * g * g;
  const double m_hat = m / (1.0 - std::pow(o.beta1, double(o.step)));
  const double v_hat = v / (1.0 - std::pow(o.beta2, double(o.step)));
  p -= o.learning_rate * m_hat / (std::sqrt(v_hat) + o.eps);
}

void check_optimizer(OptimizerKind kind, double clip) {
  harness::Scope scope("optimizer " + harness::text(int(kind)) + ", clip " + harness::text(clip));
  Problem<double> p = make(Input::numbers);
  Runner<double> runner(p.desc), other(p.desc);
  State<double> state = fresh(p), expected = fresh(p);
  for (i64 step = 1; step <= 4; ++step) {
    p.params = state.params;
    const std::vector<double> g = other.loss_gradient(p);
    const double length = norm(g), scale = clip > 0.0 && length > clip ? clip / length : 1.0;
    const OptimizerDesc o = optimizer(kind, step);
    for (std::size_t i = 0; i < g.size(); ++i)
      expected_step(o, g[i] * scale, expected.params[i], expected.m[i], expected.v[i]);
    const double loss = other.loss(p);
    const StepResult result = train(runner, p, state, o, clip);
    CHECK_NEAR(result.loss, loss, 1e-14);
    CHECK_NEAR(result.norm, length, 1e-12);
    for (std::size_t i = 0; i < g.size(); ++i) {
      harness::Scope where("step " + harness::text(step) + ", parameter " + harness::text(i));
      CHECK_NEAR(state.params[i], expected.params[i], 1e-12);
      CHECK_NEAR(state.m[i], expected.m[i], 1e-13);
      CHECK_NEAR(state.v[i], expected.v[i], 1e-13);
    }
    expected = state;  // the next step is a comparison of its own
  }
}

// Whether `count` values from the `first` on have the same bits.
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b, i64 first, i64 count) {
  return std::memcmp(a.data() + first, b.data() + first, std::size_t(count) * sizeof(T)) == 0;
}

}  // namespace

TEST(training_follows_the_optimizers_formulas) {
  WithThreads one(1);
  for (OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw})
    for (double clip : {0.0, 0.05, 1e6}) check_optimizer(kind, clip);
}

TEST(training_in_float_follows_double) {
  WithThreads one(1);
  for (OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw})
    for (Input input : {Input::numbers, Input::dense, Input::tokens}) {
      harness::Scope scope("optimizer " + harness::text(int(kind)) + ", input " + harness::text(int(input)));
      const Problem<double> p = make(input);
      const Problem<float> q = p.as<float>();
      Runner<double> runner(p.desc);
      Runner<float> runner_float(p.desc);
      State<double> state = fresh(p);
      State<float> state_float = fresh(q);
      for (i64 step = 1; step <= 5; ++step) {
        const StepResult a = train(runner, p, state, optimizer(kind, step), 0.5);
        const StepResult b = train(runner_float, q, state_float, optimizer(kind, step), 0.5);
        CHECK_NEAR(b.loss, a.loss, 1e-5);
        CHECK_NEAR(b.norm, a.norm, 1e-5);
      }
    }
}

TEST(training_updates_only_the_embedding_rows_that_were_read) {
  const Problem<double> p = make(Input::tokens);
  Runner<double> runner(p.desc);
  State<double> state = fresh(p);
  state.m.assign(state.m.size(), 0.25), state.v.assign(state.v.size(), 0.5);
  const State<double> before = state;
  train(runner, p, state, optimizer(OptimizerKind::adamw), 0.0);
  std::vector<bool> read(std::size_t(p.desc.vocabulary), false);
  for (i64 i = 0; i < p.n(); ++i)
    for (i64 t = 0; t < p.steps[i]; ++t) read[p.tokens[p.first_row(i, t)]] = true;
  CHECK(!read.back() && std::count(read.begin(), read.end(), true) > 1);
  const i64 width = p.desc.width;
  for (i64 id = 0; id < p.desc.vocabulary; ++id) {
    harness::Scope scope("token " + harness::text(id));
    CHECK_EQUAL(same(state.params, before.params, id * width, width), !read[id]);
    CHECK_EQUAL(same(state.m, before.m, id * width, width), !read[id]);
    CHECK_EQUAL(same(state.v, before.v, id * width, width), !read[id]);
  }
}

// A NaN among the inputs, and an infinite target.
TEST(training_changes_nothing_where_the_loss_is_not_finite) {
  WithThreads one(1);
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (Readout readout : readouts)
      for (Input input : {Input::numbers, Input::dense})
        for (bool in_target : {false, true}) {
          Problem<double> p = make(input, cell, readout);
          p.desc.loss.kind = LossKind::mae;  // an infinite loss whose gradient is finite
          if (in_target)
            p.numbers[6] = std::numeric_limits<double>::infinity();
          else
            p.rows[p.first_row(3, 0) * p.desc.columns] = std::numeric_limits<double>::quiet_NaN();
          harness::Scope scope(describe(p.desc) + (in_target ? ", target" : ", input"));
          Runner<double> runner(p.desc);
          State<double> state = fresh(p);
          const StepResult result = train(runner, p, state, optimizer(OptimizerKind::adam), 1.0);
          CHECK(!std::isfinite(result.loss));
          CHECK_BITS(state.params, p.params);
          CHECK_BITS(state.m, fresh(p).m);
          CHECK_BITS(state.v, fresh(p).v);
        }
}

// forward(), a gradient from outside and apply() are what train_step() does at once. The loss is mse without weights,
// whose gradient by an output is 2 (y - t) / count.
TEST(training_in_two_halves_is_training_at_once) {
  for (Input input : {Input::numbers, Input::dense, Input::tokens}) {
    harness::Scope scope("input " + harness::text(int(input)));
    Problem<double> p = make(input);
    p.desc.dropout = 0.5;
    p.weights.clear();
    const Noise noise{true, 3, 4};
    Runner<double> once(p.desc), halves(p.desc);
    State<double> a = fresh(p), b = fresh(p);
    const OptimizerDesc o = optimizer(OptimizerKind::adam);
    const StepResult whole = train(once, p, a, o, 0.1, noise);
    std::vector<double> d = halves.forward(p, true, noise).output;
    std::vector<std::pair<i64, i64>> pairs;  // output value, target value
    for (i64 i = 0; i < p.n(); ++i)
      for (i64 t = 0; t < p.steps[i]; ++t)
        for (i64 j = 0; j < 2; ++j) {
          const i64 y = (p.item[i] + t) * 2 + j, target = (p.first_row(i, t + 1) - 1) * 2 + j;
          if (std::isnan(p.numbers[target]))
            d[y] = 0.0;
          else
            pairs.push_back({y, target});
        }
    double loss = 0.0;
    for (const auto& [y, target] : pairs) {
      const double e = d[y] - p.numbers[target];
      loss += e * e / double(pairs.size());
      d[y] = 2.0 * e / double(pairs.size());
    }
    const StepResult second = halves.network().apply(b.params.data(), b.m.data(), b.v.data(), p.batch(), halves.tape(),
                                                     d.data(), o, 0.1);
    CHECK_NEAR(whole.loss, loss, 1e-13);
    CHECK_NEAR(whole.norm, second.norm, 1e-13);
    for (std::size_t i = 0; i < a.m.size(); ++i) {
      CHECK_NEAR(a.m[i], b.m[i], 1e-13);
      CHECK_NEAR(a.v[i], b.v[i], 1e-13);
    }
  }
}

}  // namespace tests
