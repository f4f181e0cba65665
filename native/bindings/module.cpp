// The core as Python sees it: tidegate._core. Arguments come checked from src/tidegate/network/; what could touch memory
// that is not ours is checked here once more. The interpreter lock is released while the core works.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>

#include "tensors.h"
#include "threads.h"

using namespace nb::literals;

namespace tg {
namespace {

template <class T>
void bind(nb::module_& m, const char* name, const char* tape_name) {
  using N = PyNetwork<T>;
  using P = PyTape<T>;
  const std::string spans_name = std::string("Spans") + name, targets_name = std::string("Targets") + name;

  nb::class_<Spans<T>>(m, spans_name.c_str())
      .def(
          "__init__",
          [](Spans<T>* self, Array<const i64> start, Array<const i64> steps, Array<const i64> item, Maybe<const T> rows,
             Maybe<const std::int32_t> tokens, Maybe<const T> shift, Maybe<const T> factor, Maybe<const T> h0,
             Maybe<const T> c0, Maybe<const i64> bag_first, Maybe<const std::int32_t> bag_row,
             Maybe<const T> bag_weight, Maybe<const i64> offset) {
            new (self) Spans<T>{start, steps, item, rows, tokens, shift, factor, h0, c0, bag_first, bag_row, bag_weight, offset};
          },
          "start"_a, "steps"_a, "item"_a, "rows"_a.none(), "tokens"_a.none(), "shift"_a.none() = nb::none(),
          "factor"_a.none() = nb::none(), "h0"_a.none() = nb::none(), "c0"_a.none() = nb::none(),
          "bag_first"_a.none() = nb::none(), "bag_row"_a.none() = nb::none(), "bag_weight"_a.none() = nb::none(), "offset"_a.none() = nb::none());

  nb::class_<PyTargets<T>>(m, targets_name.c_str())
      .def(
          "__init__",
          [](PyTargets<T>* self, Maybe<const T> numbers, Maybe<const std::int64_t> ids, Maybe<const T> weights,
             Maybe<const i64> row, Maybe<const i64> classes, Maybe<const T> class_shift) {
            new (self) PyTargets<T>{numbers, ids, weights, row, classes, class_shift};
          },
          "numbers"_a.none(), "ids"_a.none(), "weights"_a.none(), "row"_a.none(), "classes"_a.none() = nb::none(),
          "class_shift"_a.none() = nb::none());

  nb::class_<P>(m, tape_name)
      .def_prop_ro("keep", [](const P& self) { return self.keep; })
      .def_prop_ro("used", [](const P& self) { return self.used; })
      .def("output",
           [](P& self, Array<T> out) {
             Engine<T>& e = *self.engine;
             require(!self.used, "this tape was used up by backward()");
             require(i64(out.size()) >= self.output_rows() * e.desc.output_width(), "output is too small");
             const Batch<T> batch = self.spans.batch(e.desc);
             nb::gil_scoped_release release;
             const Call call(e.busy);
             e.network->output(self.params.data(), batch, *self.room.tape, out.data());
           })
      .def("final_state",
           [](P& self, Array<T> h, Maybe<T> c) {
             Engine<T>& e = *self.engine;
             const std::size_t size = std::size_t(e.desc.layers * e.desc.directions() * e.desc.hidden) * self.spans.steps.size();
             require(h.size() >= size && (!c || c->size() >= size), "the state is too small");
             e.network->final_state(self.spans.batch(e.desc), *self.room.tape, h.data(), pointer(c));
           },
           "h"_a, "c"_a.none())
      .def("record", [](P& self, i64 layer, int direction, int value, Array<T> out) {
        Engine<T>& e = *self.engine;
        require(self.keep && !self.used, "only a kept tape, not used up by backward(), has a record");
        require(layer >= 0 && layer < e.desc.layers && direction >= 0 && direction < e.desc.directions(), "no such layer");
        require(i64(out.size()) >= self.spans.last_item() * e.desc.hidden, "the record is too small");
        e.network->record(self.spans.batch(e.desc), *self.room.tape, layer, direction, value, out.data());
      })
      .def("trail", [](P& self, i64 layer, int direction, int state, Array<T> out) {
        Engine<T>& e = *self.engine;
        require(self.trail, "only a tape that backward() has left a trail in has one");
        require(layer >= 0 && layer < e.desc.layers && direction >= 0 && direction < e.desc.directions(), "no such layer");
        require(state == 0 || (state == 1 && e.network->has_cell_state()), "no such state");
        require(i64(out.size()) >= self.spans.last_item() * e.desc.hidden, "the trail is too small");
        e.network->trail(self.spans.batch(e.desc), *self.room.tape, layer, direction, state, out.data());
      });

  nb::class_<N>(m, name)
      .def(
          "__init__",
          [](N* self, const std::string& cell, i64 hidden, i64 layers, bool bidirectional, double dropout,
             double input_dropout, double recurrent_dropout, i64 columns, i64 segment, i64 dense, i64 vocabulary,
             i64 width, const std::string& readout, i64 read_last, double head_dropout, i64 outputs, bool tied,
             const std::string& loss, i64 targets, const std::vector<double>& quantiles, i64 paths, bool chance, double delta,
             double smoothing, const std::vector<double>& class_weight, bool sum) {
            new (self) N(network_desc(cell, hidden, layers, bidirectional, dropout, input_dropout, recurrent_dropout, columns,
                                      segment, dense, vocabulary, width, readout, read_last, head_dropout, outputs, tied, loss, targets, quantiles, paths, chance, delta, smoothing,
                                      class_weight, sum));
          },
          nb::kw_only(), "cell"_a, "hidden"_a, "layers"_a, "bidirectional"_a, "dropout"_a, "input_dropout"_a,
          "recurrent_dropout"_a, "columns"_a, "segment"_a, "dense"_a, "vocabulary"_a, "width"_a, "readout"_a, "read_last"_a,
          "head_dropout"_a, "outputs"_a, "tied"_a, "loss"_a, "targets"_a, "quantiles"_a, "paths"_a = 0, "chance"_a = false, "delta"_a,
          "smoothing"_a, "class_weight"_a, "sum"_a)
      .def_prop_ro("parameter_count", &N::parameter_count)
      .def_prop_ro("saved_bytes_per_row", &N::saved_bytes_per_row)
      .def(
          "forward",
          [](N& self, Array<const T> params, const Spans<T>& spans, bool keep, bool changed, bool dropout,
             std::uint64_t seed, std::uint64_t step, i64 first) {
            self.check(params);
            Engine<T>& e = self.engine();
            const Batch<T> batch = spans.batch(e.desc);
            P result;
            result.engine = self.shared();
            result.spans = spans;
            result.params = params;
            result.keep = keep;
            result.room = e.take();
            nb::gil_scoped_release release;
            const Call call(e.busy);
            e.network->forward(params.data(), changed, batch, Noise{dropout, seed, step, first}, keep, *result.room.tape);
            return result;
          },
          "params"_a, "spans"_a, "keep"_a, "changed"_a, "dropout"_a, "seed"_a, "step"_a,
          "first"_a = 0)
      .def(
          "backward",
          [](N& self, P& tape, Maybe<const T> d_output, Maybe<const T> dh, Maybe<const T> dc, Array<T> gradient,
             Maybe<T> d_input, Maybe<T> dh0, Maybe<T> dc0, bool trail) {
            unfold_backward(self, tape, flat(d_output), flat(dh), flat(dc), {gradient.data(), i64(gradient.size())}, flat(d_input),
                            flat(dh0), flat(dc0), trail);
          },
          "tape"_a, "d_output"_a.none(), "dh"_a.none(), "dc"_a.none(), "gradient"_a, "d_input"_a.none(), "dh0"_a.none(),
          "dc0"_a.none(), "trail"_a = false)
      .def(
          "unfold",
          [](N& self, const nb::tuple& weights, nb::handle rows, const Places& places, nb::handle h0, nb::handle c0, bool keep,
             bool dropout, std::uint64_t seed, std::uint64_t step, nb::handle y, nb::handle h, nb::handle c) {
            return unfold(self, weights, rows, places, h0, c0, keep, Noise{dropout, seed, step}, y, h, c);
          },
          "weights"_a, "rows"_a, "places"_a, "h0"_a.none(), "c0"_a.none(), "keep"_a, "dropout"_a, "seed"_a, "step"_a,
          "y"_a.none(), "h"_a.none(), "c"_a.none())
      .def(
          "unfold_backward",
          [](N& self, P& tape, nb::handle dy, nb::handle dh, nb::handle dc, nb::handle gradient, nb::handle d_rows,
             nb::handle dh0, nb::handle dc0) {
            unfold_backward<T>(self, tape, Tensor<const T>(dy), Tensor<const T>(dh), Tensor<const T>(dc), Tensor<T>(gradient),
                               Tensor<T>(d_rows), Tensor<T>(dh0), Tensor<T>(dc0), false);
          },
          "tape"_a, "dy"_a.none(), "dh"_a.none(), "dc"_a.none(), "gradient"_a, "d_rows"_a.none(), "dh0"_a.none(), "dc0"_a.none())
      .def(
          "loss",
          [](N& self, Array<const T> params, const Spans<T>& spans, const PyTargets<T>& targets) {
            self.check(params);
            Engine<T>& e = self.engine();
            const Batch<T> batch = spans.batch(e.desc);
            const Targets<T> view = targets.view(e.desc, spans);
            Room<T> room = e.take();
            double value = 0.0;
            {
              nb::gil_scoped_release release;
              const Call call(e.busy);
              value = e.network->loss(params.data(), batch, view, *room.tape);
            }
            e.give_back(std::move(room));
            return value;
          },
          "params"_a, "spans"_a, "targets"_a)
      .def(
          "train_step",
          [](N& self, Array<T> params, Array<T> m, Array<T> v, const Spans<T>& spans, const PyTargets<T>& targets,
             bool dropout, std::uint64_t seed, const OptimizerDesc& optimizer, double clip, Maybe<T> h, Maybe<T> c) {
            self.check(Array<const T>(params));
            require(m.size() == params.size() && v.size() == params.size(), "m and v must be as large as the parameters");
            Engine<T>& e = self.engine();
            const std::size_t state = std::size_t(e.desc.layers * e.desc.directions() * e.desc.hidden) * spans.steps.size();
            require_size(h, state, "h is too small");
            require_size(c, state, "c is too small");
            const Batch<T> batch = spans.batch(e.desc);
            const Targets<T> view = targets.view(e.desc, spans);
            Room<T> room = e.take();
            StepResult result;
            {
              nb::gil_scoped_release release;
              const Call call(e.busy);
              result = e.network->train_step(params.data(), m.data(), v.data(), batch, view,
                                             Noise{dropout, seed, std::uint64_t(optimizer.step)}, optimizer, clip, *room.tape,
                                             pointer(h), pointer(c));
            }
            e.give_back(std::move(room));
            return nb::make_tuple(result.loss, result.norm);
          },
          "params"_a, "m"_a, "v"_a, "spans"_a, "targets"_a, "dropout"_a, "seed"_a, "optimizer"_a, "clip"_a,
          "h"_a.none() = nb::none(), "c"_a.none() = nb::none())
      .def(
          "loss_gradient",
          [](N& self, Array<const T> params, const Spans<T>& spans, const PyTargets<T>& targets, bool dropout,
             std::uint64_t seed, std::uint64_t step, i64 first, Array<T> gradient, Maybe<T> h, Maybe<T> c) {
            self.check(params);
            require(gradient.size() == params.size(), "gradient must be as large as the parameters");
            Engine<T>& e = self.engine();
            const std::size_t state = std::size_t(e.desc.layers * e.desc.directions() * e.desc.hidden) * spans.steps.size();
            require_size(h, state, "h is too small");
            require_size(c, state, "c is too small");
            const Batch<T> batch = spans.batch(e.desc);
            const Targets<T> view = targets.view(e.desc, spans);
            Room<T> room = e.take();
            LossResult result;
            {
              nb::gil_scoped_release release;
              const Call call(e.busy);
              result = e.network->loss_gradient(params.data(), batch, view, Noise{dropout, seed, step, first}, *room.tape,
                                                gradient.data(), pointer(h), pointer(c));
            }
            e.give_back(std::move(room));
            return nb::make_tuple(result.loss, result.weight);
          },
          "params"_a, "spans"_a, "targets"_a, "dropout"_a, "seed"_a, "step"_a, "first"_a, "gradient"_a,
          "h"_a.none() = nb::none(), "c"_a.none() = nb::none())
      .def(
          "update",
          [](N& self, Array<T> params, Array<T> m, Array<T> v, Array<const T> gradient, Array<const i64> touched,
             Maybe<const i64> classes, const OptimizerDesc& optimizer, double clip) {
            self.check(Array<const T>(params));
            require(m.size() == params.size() && v.size() == params.size(), "m and v must be as large as the parameters");
            require(gradient.size() == params.size(), "gradient must be as large as the parameters");
            Engine<T>& e = self.engine();
            for (std::size_t i = 0; i < touched.size(); ++i)
              require(touched.data()[i] >= 0 && touched.data()[i] < e.desc.vocabulary, "no such row of the embedding");
            const i64 n_classes = classes ? i64(classes->size()) : 0;
            for (i64 i = 0; i < n_classes; ++i)
              require(classes->data()[i] >= 0 && classes->data()[i] < e.desc.outputs, "no such class");
            nb::gil_scoped_release release;
            const Call call(e.busy);
            return e.network->update(params.data(), m.data(), v.data(), gradient.data(), touched.data(),
                                     i64(touched.size()), pointer(classes), n_classes, optimizer, clip);
          },
          "params"_a, "m"_a, "v"_a, "gradient"_a, "touched"_a, "classes"_a.none(), "optimizer"_a, "clip"_a)
      .def(
          "apply",
          [](N& self, Array<T> params, Array<T> m, Array<T> v, P& tape, Array<const T> d_output,
             const OptimizerDesc& optimizer, double clip) {
            self.check(Array<const T>(params));
            require(m.size() == params.size() && v.size() == params.size(), "m and v must be as large as the parameters");
            Engine<T>& e = self.engine();
            require(tape.engine.get() == &e && tape.keep && !tape.used, "the tape is of another network or used up");
            require(i64(d_output.size()) >= tape.output_rows() * e.desc.output_width(), "d_output is too small");
            const Batch<T> batch = tape.spans.batch(e.desc);
            tape.used = true;
            nb::gil_scoped_release release;
            const Call call(e.busy);
            return e.network->apply(params.data(), m.data(), v.data(), batch, *tape.room.tape, d_output.data(), optimizer, clip).norm;
          },
          "params"_a, "m"_a, "v"_a, "tape"_a, "d_output"_a, "optimizer"_a, "clip"_a)
      .def(
          "step",
          [](N& self, nb::handle params, bool changed, nb::handle x, nb::handle h0, nb::handle c0, nb::handle out) {
            Engine<T>& e = self.engine();
            require(e.desc.directions() == 1 && e.desc.vocabulary == 0, "step() is for numbers in one direction");
            const Memory<T> p(params), from(x), h(h0), c(c0), to(out, true);
            const i64 n = from.count / e.desc.inputs(), state = e.desc.layers * e.desc.hidden * n;
            const bool has_c = to.count > n * e.desc.hidden + state;
            require(p.count == e.network->parameter_count(), "params has the wrong size");
            require(n > 0 && from.count == n * e.desc.inputs(), "x must be [n, inputs]");
            require(to.count == n * e.desc.hidden + (has_c ? 2 : 1) * state, "out must be [1 + layers * states, n, hidden]");
            require((h.data == nullptr || h.count == state) && (c.data == nullptr || c.count == state), "wrong state size");
            T* const next = to.data + n * e.desc.hidden;
            std::lock_guard<std::mutex> lock(e.busy);  // no fork comes between: the interpreter lock is held
            e.network->step(p.data, changed, n, from.data, h.data, c.data, to.data, next, has_c ? next + state : nullptr);
          },
          "params"_a, "changed"_a, "x"_a, "h0"_a.none(), "c0"_a.none(), "out"_a);
}

// GFLOP/s of float32 multiply-adds on `count` threads at once, over about `seconds`.
double fma_peak(int count, double seconds) {
  nb::gil_scoped_release release;
  const Core& c = core();
  using clock = std::chrono::steady_clock;
  auto elapsed = [](clock::time_point from) { return std::chrono::duration<double>(clock::now() - from).count(); };
  const int before = threads();
  set_threads(count);
  double best = 0.0;
  const auto begin = clock::now();
  while (elapsed(begin) < seconds) {
    const auto start = clock::now();
    parallel(count, [&](i64) { c.fma_flops(1 << 18); });
    const double flops = double(count) * c.fma_flops(1) * double(1 << 18);
    best = std::max(best, flops / elapsed(start) * 1e-9);
  }
  set_threads(before);
  return best;
}

}  // namespace
}  // namespace tg

NB_MODULE(_core, m) {
  using namespace tg;
  m.doc() = "The native core; see tidegate.network for the way to use it.";
  // What a traceback or a global still holds when the interpreter goes is no leak that a user should read of.
  nb::set_leak_warnings(false);
  core();  // a wrong TIDEGATE_ISA is an error of the import
  nb::class_<OptimizerDesc>(m, "Optimizer")
      .def(
          "__init__",
          [](OptimizerDesc* self, const std::string& kind, double learning_rate, double beta1, double beta2, double eps,
             double weight_decay, double momentum, i64 step) {
            new (self) OptimizerDesc(optimizer_desc(kind, learning_rate, beta1, beta2, eps, weight_decay, momentum, step));
          },
          nb::kw_only(), "kind"_a, "learning_rate"_a, "beta1"_a, "beta2"_a, "eps"_a, "weight_decay"_a, "momentum"_a,
          "step"_a);
  nb::class_<Places>(m, "Places")
      .def(
          "__init__",
          [](Places* self, Array<const i64> start, Array<const i64> steps, Maybe<const i64> offset) {
            new (self) Places{start, steps, offset};
          },
          "start"_a, "steps"_a, "offset"_a.none());
  bind<float>(m, "NetworkF32", "TapeF32");
  bind<double>(m, "NetworkF64", "TapeF64");
  m.def("isa", [] { return std::string(core().isa); });
  m.def("isas", [] {
    std::vector<std::string> names;
    for (int i = 0; i < core_count(); ++i)
      if (core_runs_here(i)) names.push_back(core_name(i));
    return names;
  });
  m.def("threads", &threads);
  m.def("set_threads", &set_threads, "count"_a);
  m.def("fma_peak", &fma_peak, "threads"_a, "seconds"_a = 0.5);
}
