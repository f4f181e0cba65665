// Losses: values against their formulas over the outputs, gradients against finite differences of the values.
#include <algorithm>

#include "harness.h"
#include "problem.h"
#include "with_threads.h"

namespace tests {

namespace {

const double quantiles[] = {0.1, 0.5, 0.8}, median[] = {0.5}, two_weights[] = {0.6, 1.7}, four_weights[] = {0.5, 1.0, 2.0, 0.25};

struct Case {
  const char* name;
  tg::LossDesc desc;
};

tg::LossDesc loss_desc(LossKind kind, i64 outputs, i64 targets) {
  tg::LossDesc loss;
  loss.kind = kind;
  loss.outputs = outputs;
  loss.targets = targets;
  return loss;
}

tg::LossDesc mixing_desc(i64 steps, i64 paths, const double* levels, int n_levels, bool chance) {
  tg::LossDesc loss = loss_desc(LossKind::mixing, steps * (paths + n_levels + chance), steps * (2 + paths));
  loss.quantiles = levels;
  loss.n_quantiles = n_levels;
  loss.paths = paths;
  loss.chance = chance;
  return loss;
}

std::vector<Case> cases() {
  std::vector<Case> all = {{"mse", loss_desc(LossKind::mse, 3, 3)},
                           {"mae", loss_desc(LossKind::mae, 3, 3)},
                           {"rmse", loss_desc(LossKind::rmse, 3, 3)},
                           {"huber", loss_desc(LossKind::huber, 3, 3)},
                           {"pinball", loss_desc(LossKind::pinball, 6, 2)},
                           {"binary", loss_desc(LossKind::binary, 3, 3)},
                           {"categorical", loss_desc(LossKind::categorical, 4, 1)}};
  all[3].desc.delta = 0.6;
  all[4].desc.quantiles = quantiles;
  all[4].desc.n_quantiles = 3;
  Case binary = all[5], categorical = all[6];
  binary.name = "binary, weighted and smoothed";
  categorical.name = "categorical, weighted and smoothed";
  binary.desc.class_weight = two_weights;
  categorical.desc.class_weight = four_weights;
  binary.desc.n_class_weight = 2;
  categorical.desc.n_class_weight = 4;
  binary.desc.smoothing = categorical.desc.smoothing = 0.2;
  all.push_back(binary);
  all.push_back(categorical);
  for (std::size_t i = 0, count = all.size(); i < count; ++i) {
    if (all[i].desc.kind == LossKind::rmse) continue;  // the root of a sum over steps has no use
    all.push_back(all[i]);
    all.back().desc.sum = true;
  }
  all.push_back({"mixing", mixing_desc(2, 3, quantiles, 3, false)});
  all.push_back({"mixing, with a chance", mixing_desc(2, 2, quantiles, 3, true)});
  all.push_back({"mixing of more steps than a vector has lanes", mixing_desc(21, 1, median, 1, true)});
  return all;
}

Problem<double> make(const Case& c, Readout readout, std::uint64_t seed) {
  NetworkDesc desc = network_desc(int(seed % 3), 3, 1, seed % 2 == 0, readout, Input::segments);
  desc.outputs = c.desc.outputs;
  desc.loss = c.desc;
  Problem<double> p = problem(desc, {3, 1, 4}, seed);
  add_targets(p, seed + 1);
  return p;
}

// -log softmax(y)[k]
double cross_entropy(const double* y, i64 n, i64 k) {
  double total = 0.0;
  for (i64 j = 0; j < n; ++j) total += std::exp(y[j]);
  return std::log(total) - y[k];
}

struct Sum {
  double loss = 0.0, weight = 0.0;
  double entropy = 0.0, events = 0.0;  // mixing
};

// log(1 + e^x)
double softplus(double x) { return std::log1p(std::exp(x)); }

// One step ahead of a mixing loss: its outputs and targets.
void add_step(const tg::LossDesc& l, const double* y, const double* target, double w, Sum& sum) {
  double total = 0.0, median = y[l.paths];
  for (i64 p = 0; p < l.paths; ++p) total += std::exp(y[p]);
  for (i64 p = 0; p < l.paths; ++p) median += std::exp(y[p]) / total * target[2 + p];
  const double* const gaps = y + l.paths + 1;
  const i64 middle = l.n_quantiles / 2;
  for (i64 i = 0; i < l.n_quantiles && !std::isnan(target[0]); ++i) {
    double quantile = median;
    for (i64 k = middle; k < i; ++k) quantile += softplus(gaps[k]);
    for (i64 k = i; k < middle; ++k) quantile -= softplus(gaps[k]);
    const double e = target[0] - quantile, pinball = std::max(l.quantiles[i] * e, (l.quantiles[i] - 1.0) * e);
    sum.loss += w * (2.0 / double(l.n_quantiles) * pinball + (i == middle ? std::fabs(e) : 0.0));
  }
  if (!std::isnan(target[0])) sum.weight += w;
  if (!l.chance || std::isnan(target[1])) return;
  const double x = y[l.paths + l.n_quantiles];
  sum.entropy += w * (softplus(x) - target[1] * x);
  sum.events += w;
}

// Adds one output row; target row `at`.
void add_row(const Problem<double>& p, const double* y, i64 at, Sum& sum) {
  const tg::LossDesc& l = p.desc.loss;
  const double w = p.weights[at], s = l.smoothing;
  if (l.kind == LossKind::categorical) {
    const i64 id = p.ids[at];
    if (id < 0) return;
    auto weight = [&](i64 k) { return l.class_weight ? l.class_weight[k] : 1.0; };
    double loss = (1.0 - s) * weight(id) * cross_entropy(y, l.outputs, id);
    for (i64 k = 0; k < l.outputs && s > 0.0; ++k)
      loss += s / double(l.outputs) * weight(k) * cross_entropy(y, l.outputs, k);
    sum.loss += w * loss;
    sum.weight += w * weight(id);
    return;
  }
  if (l.kind == LossKind::mixing) {
    for (i64 i = 0; i < l.outputs / l.together(); ++i)
      add_step(l, y + i * l.together(), p.numbers.data() + at * l.targets + i * (2 + l.paths), w, sum);
    return;
  }
  const i64 repeats = l.outputs / l.targets;
  for (i64 i = 0; i < l.outputs; ++i) {
    const double t = p.numbers[at * l.targets + i / repeats], e = y[i] - t;
    if (std::isnan(t)) continue;
    double loss = e * e, weight = 1.0;
    if (l.kind == LossKind::mae) loss = std::fabs(e);
    if (l.kind == LossKind::huber)
      loss = std::fabs(e) <= l.delta ? e * e / 2.0 : l.delta * (std::fabs(e) - l.delta / 2.0);
    if (l.kind == LossKind::pinball)
      loss = std::max(-l.quantiles[i % repeats] * e, (1.0 - l.quantiles[i % repeats]) * e);
    if (l.kind == LossKind::binary) {
      const double chance = 1.0 / (1.0 + std::exp(-y[i])), soft = t * (1.0 - s) + s / 2.0;
      weight = l.class_weight ? l.class_weight[t > 0.5] : 1.0;
      loss = -weight * (soft * std::log(chance) + (1.0 - soft) * std::log(1.0 - chance));
    }
    sum.loss += w * loss;
    sum.weight += w * weight;
  }
}

double expected_loss(const Problem<double>& p) {
  const Result<double> r = forward(p);
  const i64 width = p.desc.outputs;
  Sum sum;
  for (i64 i = 0; i < p.n(); ++i) {
    if (p.desc.readout != Readout::each) {
      add_row(p, r.output.data() + i * width, p.target_row[i], sum);
      continue;
    }
    for (i64 t = 0; t < p.steps[i]; ++t)
      add_row(p, r.output.data() + (p.item[i] + t) * width, p.first_row(i, t) + p.desc.segment - 1, sum);
  }
  if (p.desc.loss.sum) return sum.loss / double(p.n());
  if (p.desc.loss.kind == LossKind::mixing) return sum.loss / sum.weight + (sum.events > 0.0 ? sum.entropy / sum.events : 0.0);
  return p.desc.loss.kind == LossKind::rmse ? std::sqrt(sum.loss / sum.weight) : sum.loss / sum.weight;
}

template <class Body>
void each_case(Body&& body) {
  WithThreads one(1);
  std::uint64_t seed = 900;
  for (const Case& c : cases())
    for (Readout readout : {Readout::last, Readout::each, Readout::mean_max}) {
      const Problem<double> p = make(c, readout, ++seed);
      harness::Scope scope(std::string(c.name) + "; " + describe(p.desc));
      body(p);
    }
}

}  // namespace

TEST(losses_follow_their_formulas) {
  each_case([](Problem<double> p) {
    Runner<double> runner(p.desc);
    CHECK_NEAR(runner.loss(p), expected_loss(p), 1e-12);
    CHECK_NEAR(Runner<float>(p.desc).loss(p.as<float>()), expected_loss(p), 1e-5);
    p.weights.assign(p.weights.size(), 1.0);
    const double unweighted = expected_loss(p);
    p.weights.clear();
    CHECK_NEAR(runner.loss(p), unweighted, 1e-12);
  });
}

TEST(losses_have_the_gradient_of_their_values) {
  const double step = 1e-5;  // the tolerance: see gradients_test.cpp
  each_case([&](Problem<double> p) {
    Runner<double> runner(p.desc);
    const std::vector<double> gradient = runner.loss_gradient(p);
    const std::vector<float> in_float = Runner<float>(p.desc).loss_gradient(p.as<float>());
    for (std::size_t i = 0; i < p.params.size(); ++i) {
      const double before = p.params[i];
      p.params[i] = before + step;
      const double above = runner.loss(p);
      p.params[i] = before - step;
      const double below = runner.loss(p);
      p.params[i] = before;
      harness::Scope scope("parameter " + harness::text(i));
      CHECK_NEAR(gradient[i], (above - below) / (2.0 * step), 1e-7);
      CHECK_NEAR(in_float[i], gradient[i], 1e-5);
    }
  });
}

// The head takes 32 rows to a task and 2^22 values to a chunk: here are several of both. Along one direction alone.
TEST(losses_of_many_rows_and_many_outputs) {
  std::vector<Case> large = cases();
  large.resize(7);
  large[6].desc.outputs = 70000;
  std::uint64_t seed = 970;
  for (const Case& c : large) {
    NetworkDesc desc = network_desc(2, 2, 1, false, Readout::each, Input::numbers);
    desc.outputs = c.desc.outputs;
    desc.loss = c.desc;
    Problem<double> p = problem(desc, {50, 13, 40}, ++seed);
    add_targets(p, seed);
    harness::Scope scope(c.name);
    Runner<double> runner(desc);
    CHECK_NEAR(runner.loss(p), expected_loss(p), 1e-11);
    const std::vector<double> gradient = runner.loss_gradient(p), u = Random(seed).many(i64(p.params.size()), 1.0);
    double expected = 0.0;
    for (std::size_t i = 0; i < u.size(); ++i) expected += gradient[i] * u[i];
    auto loss_at = [&](double far) {
      Problem<double> moved = p;
      for (std::size_t i = 0; i < u.size(); ++i) moved.params[i] += far * u[i];
      return runner.loss(moved);
    };
    CHECK_NEAR(expected, (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-7);
  }
}

// Logits of 1e4 would overflow the naive formulas.
TEST(losses_stay_finite_for_extreme_outputs) {
  for (const Case& c : cases()) {
    if (c.desc.kind != LossKind::binary && c.desc.kind != LossKind::categorical) continue;
    Problem<double> p = make(c, Readout::last, 950);
    for (std::size_t i = p.params.size() - std::size_t(p.desc.outputs); i < p.params.size(); ++i)
      p.params[i] = i % 2 == 0 ? 1e4 : -1e4;
    harness::Scope scope(c.name);
    CHECK(std::isfinite(Runner<double>(p.desc).loss(p)));
    CHECK(std::isfinite(Runner<float>(p.desc).loss(p.as<float>())));
    for (double g : Runner<double>(p.desc).loss_gradient(p)) CHECK(std::isfinite(g));
    for (float g : Runner<float>(p.desc).loss_gradient(p.as<float>())) CHECK(std::isfinite(g));
  }
}

TEST(losses_without_any_target_are_zero) {
  for (const Case& c : cases()) {
    Problem<double> p = make(c, Readout::each, 960);
    p.weights.assign(p.weights.size(), 0.0);
    harness::Scope scope(c.name);
    Runner<double> runner(p.desc);
    CHECK_EQUAL(runner.loss(p), 0.0);
    for (double g : runner.loss_gradient(p)) CHECK_EQUAL(g, 0.0);
  }
}

}  // namespace tests
