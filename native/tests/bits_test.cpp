// The promises of equal bits: whatever the threads, the company in the batch, the cut into steps or chunks.
#include "harness.h"
#include "problem.h"
#include "with_threads.h"

namespace tests {

namespace {

struct Shape {
  i64 hidden, layers, columns;
  bool bidirectional;
  std::vector<i64> lengths;
};

// Widths below, at and above whole vectors and tiles; batches of one, of a few and of many slices.
const std::vector<Shape> shapes = {
    {1, 1, 1, false, {5}},
    {3, 2, 2, true, {3, 1, 4, 1, 5, 2}},
    {16, 1, 8, false, {9, 9, 9}},
    {20, 2, 5, false, {4, 1, 6, 2, 2, 3, 5}},
    {33, 1, 70, true, {7, 3, 5, 1}},
    {37, 2, 3, true, std::vector<i64>(61, 4)},
    {64, 1, 16, false, {2, 8, 1, 13, 5, 5, 6, 3, 12, 4, 7}},
    {130, 1, 100, false, {3, 2, 4}},
};

template <class T>
Problem<T> make(int cell, const Shape& s, Readout readout, std::uint64_t seed, i64 outputs = 3,
                Input input = Input::numbers) {
  NetworkDesc desc = network_desc(cell, s.hidden, s.layers, s.bidirectional, readout, input);
  if (input != Input::tokens) desc.columns = s.columns;
  desc.dropout = desc.input_dropout = desc.recurrent_dropout = 0.25;  // where noise is on
  desc.outputs = outputs;
  desc.loss.kind = outputs > 0 ? LossKind::mse : LossKind::none;
  desc.loss.outputs = desc.loss.targets = outputs;
  Problem<double> p = problem(desc, s.lengths, seed);
  for (double& w : p.params) w *= 2.0 / std::sqrt(double(s.hidden + s.columns));
  if (outputs > 0) add_targets(p, seed + 1);
  return p.as<T>();
}

// Calls body(problem) for every cell and shape, in both types, with the readouts and the ways in by turns.
template <class Body>
void each_problem(Body&& body) {
  std::uint64_t seed = 0;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (const Shape& shape : shapes) {
      const Readout readout = readouts[++seed % 5];
      const Input input = seed % 4 == 0 ? Input::tokens : seed % 4 == 1 ? Input::dense : Input::numbers;
      const Problem<float> p = make<float>(cell, shape, readout, seed, 3, input);
      harness::Scope scope(describe(p.desc) + ", spans " + harness::text(p.n()));
      body(p);
      body(make<double>(cell, shape, readout, seed, 3, input));
    }
}

template <class T>
Result<T> ones_like(Result<T> r) {
  for (std::vector<T>* part : {&r.output, &r.h, &r.c})
    for (std::size_t i = 0; i < part->size(); ++i) (*part)[i] = T(1) / T(i % 7 + 1);
  return r;
}

template <class T>
struct All {
  Result<T> result;
  Gradients<T> gradients;
  std::vector<T> loss_gradient;
};

template <class T>
All<T> run(const Problem<T>& p, Runner<T>& runner, Noise noise = {}) {
  All<T> all;
  all.result = runner.forward(p, true, noise);
  all.gradients = runner.backward(p, ones_like(all.result));
  all.loss_gradient = runner.loss_gradient(p, noise);
  return all;
}
template <class T>
All<T> run(const Problem<T>& p, Noise noise = {}) {
  Runner<T> runner(p.desc);
  return run(p, runner, noise);
}

template <class T>
void check_same(const All<T>& a, const All<T>& b) {
  CHECK_BITS(a.result.output, b.result.output);
  CHECK_BITS(a.result.h, b.result.h);
  CHECK_BITS(a.result.c, b.result.c);
  CHECK_BITS(a.gradients.params, b.gradients.params);
  CHECK_BITS(a.gradients.input, b.gradients.input);
  CHECK_BITS(a.gradients.h0, b.gradients.h0);
  CHECK_BITS(a.gradients.c0, b.gradients.c0);
  CHECK_BITS(a.loss_gradient, b.loss_gradient);
}

// Rows [first, first + count) of a table, each of `width` values.
template <class T>
std::vector<T> rows(const std::vector<T>& table, i64 first, i64 count, i64 width) {
  return {table.begin() + first * width, table.begin() + (first + count) * width};
}

// The states of one span, [parts, n, H] -> [parts, H].
template <class T>
std::vector<T> states(const std::vector<T>& all, i64 n, i64 span, i64 H) {
  std::vector<T> out;
  for (i64 part = 0; part < i64(all.size()) / (n * H); ++part) {
    const std::vector<T> row = rows(all, part * n + span, 1, H);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

template <class T>
void check_company(const Problem<T>& p) {
  Runner<T> runner(p.desc);
  const All<T> all = run(p, runner);
  const i64 n = p.n(), H = p.desc.hidden;
  const bool each = p.desc.readout == Readout::each;
  const Result<T> d = ones_like(all.result);
  for (i64 span = 0; span < n; span += n > 20 ? 7 : 1) {
    harness::Scope scope("span " + harness::text(span));
    const Problem<T> one = p.alone(span);
    const i64 row = each ? p.item[span] : span, count = each ? p.steps[span] : 1, width = p.desc.output_width();
    const Result<T> r = runner.forward(one, true);
    CHECK_BITS(rows(r.output, each ? row : 0, count, width), rows(all.result.output, row, count, width));
    CHECK_BITS(r.h, states(all.result.h, n, span, H));
    CHECK_BITS(r.c, states(all.result.c, n, span, H));
    const Result<T> d_one = {each ? d.output : rows(d.output, row, 1, width), states(d.h, n, span, H),
                             states(d.c, n, span, H)};
    const Gradients<T> g = runner.backward(one, d_one);
    if (p.tokens.empty())
      CHECK_BITS(rows(g.input, p.item[span], p.steps[span], p.desc.inputs()),
                 rows(all.gradients.input, p.item[span], p.steps[span], p.desc.inputs()));
    CHECK_BITS(g.h0, states(all.gradients.h0, n, span, H));
    CHECK_BITS(g.c0, states(all.gradients.c0, n, span, H));
  }
}

// Carries h and c from call to call; whole: the states at the end of the span.
template <class T>
void check_steps(Problem<T> p, i64 n) {
  p.steps.assign(n, 5);
  p.start.resize(n), p.item.resize(n);
  for (i64 i = 0; i < n; ++i) p.start[i] = i % 3, p.item[i] = 5 * i;
  p.item_rows = 5 * n;
  const i64 H = p.desc.hidden, I = p.desc.inputs();
  p.rows.resize(7 * I, T(0.25));
  p.h0.clear(), p.c0.clear();
  harness::Scope scope(harness::text(n) + " at once");
  Runner<T> runner(p.desc);
  const Result<T> whole = runner.forward(p, false);
  std::vector<T> h(p.state_size()), c(has_cell_state(p.desc) ? h.size() : 0), y(n * H), x(n * I);
  for (i64 t = 0; t < 5; ++t) {
    for (i64 i = 0; i < n; ++i)
      for (i64 j = 0; j < I; ++j) x[i * I + j] = p.rows[p.first_row(i, t) * p.desc.columns + j];
    runner.network().step(p.params.data(), t == 0, n, x.data(), t == 0 ? nullptr : h.data(),
                          t == 0 || c.empty() ? nullptr : c.data(), y.data(), h.data(), c.empty() ? nullptr : c.data());
    for (i64 i = 0; i < n; ++i)
      CHECK_BITS(rows(y, i, 1, H), rows(whole.output, p.item[i] + t, 1, H));
  }
  CHECK_BITS(h, whole.h);
  CHECK_BITS(c, whole.c);
}

template <class T>
void check_chunks(Problem<T> p) {
  p.steps.assign(p.steps.size(), 6);
  for (i64 i = 0; i < p.n(); ++i) p.item[i] = 6 * i;
  p.item_rows = 6 * p.n();
  p.rows.resize((p.start.back() + 6) * p.desc.columns, T(0.25));
  Runner<T> runner(p.desc);
  const Result<T> whole = runner.forward(p, true);
  const i64 cuts[] = {0, 1, 3, 6};
  Result<T> before;
  for (int k = 0; k < 3; ++k) {
    const i64 first = cuts[k], count = cuts[k + 1] - cuts[k];
    harness::Scope scope("chunk " + harness::text(k));
    Problem<T> part = p.chunk(first, count);
    part.h0 = k == 0 ? p.h0 : before.h;
    part.c0 = k == 0 ? p.c0 : before.c;
    before = runner.forward(part, k % 2 == 0);
    for (i64 i = 0; i < p.n(); ++i)
      CHECK_BITS(rows(before.output, part.item[i], count, p.desc.output_width()),
                 rows(whole.output, part.item[i], count, p.desc.output_width()));
  }
  CHECK_BITS(before.h, whole.h);
  CHECK_BITS(before.c, whole.c);
}

}  // namespace

TEST(bits_do_not_depend_on_threads) {
  each_problem([](const auto& p) {
    WithThreads one(1);
    const Noise noise{true, 3, 4};
    const auto alone = run(p, noise);
    for (int count : {2, 3}) {
      harness::Scope scope(harness::text(count) + " threads");
      WithThreads more(count);
      check_same(run(p, noise), alone);
    }
  });
}

TEST(bits_do_not_depend_on_company) {
  WithThreads one(1);
  each_problem([](const auto& p) { check_company(p); });
}

TEST(bits_are_the_same_when_memory_is_reused) {
  WithThreads one(1);
  each_problem([](const auto& p) {
    const auto fresh = run(p);
    auto runner = Runner<typename std::decay_t<decltype(p.params)>::value_type>(p.desc);
    run(p.alone(0), runner);
    check_same(run(p, runner), fresh);
    run(p.alone(p.n() - 1), runner);
    check_same(run(p, runner), fresh);
  });
}

TEST(bits_of_steps_are_those_of_the_whole) {
  WithThreads one(1);
  std::uint64_t seed = 100;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (Shape shape : shapes) {
      shape.bidirectional = false;
      harness::Scope scope("cell " + harness::text(cell) + ", hidden " + harness::text(shape.hidden));
      for (i64 n : {1, 2, 9}) {
        check_steps(make<float>(cell, shape, Readout::each, ++seed, 0), n);
        check_steps(make<double>(cell, shape, Readout::each, seed, 0), n);
      }
    }
}

TEST(bits_of_chunks_with_carried_states_are_those_of_the_whole) {
  WithThreads one(1);
  std::uint64_t seed = 200;
  for (int cell = 0; cell < tg::core().cell_count; ++cell)
    for (Shape shape : shapes) {
      shape.bidirectional = false;
      harness::Scope scope("cell " + harness::text(cell) + ", hidden " + harness::text(shape.hidden));
      check_chunks(make<float>(cell, shape, Readout::each, ++seed));
      check_chunks(make<double>(cell, shape, Readout::each, seed));
    }
}

}  // namespace tests
