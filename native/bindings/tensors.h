// The layers over tensors of torch. Where one lies is asked of Python, so that nothing of torch is linked; and a call is
// one: weights are gathered, outputs and last states written, where several calls would cost as much as a small layer.
#pragma once

#include <algorithm>
#include <cstring>

#include "engine.h"
#include "threads.h"

namespace tg {

// Memory of a caller, who answers for its type.
template <class V>
struct Flat {
  V* data = nullptr;
  i64 count = 0;

  void least(i64 size, const char* what) const { require(data == nullptr || count >= size, what); }
};

template <class V>
Flat<V> flat(const Maybe<V>& array) {
  return {pointer(array), array ? i64(array->size()) : 0};
}

// A dense tensor; None is no memory.
template <class V>
struct Tensor : Flat<V> {
  nb::handle object;

  explicit Tensor(nb::handle tensor) : object(tensor) {
    if (tensor.is_none()) return;
    require(ask<bool>("is_contiguous"), "a tensor must be contiguous");
    this->data = reinterpret_cast<V*>(ask<std::uintptr_t>("data_ptr"));
    this->count = ask<i64>("numel");
  }

  // As an array that keeps the tensor.
  Maybe<V> array() const {
    if (this->data == nullptr) return std::nullopt;
    return Array<V>(this->data, {std::size_t(this->count)}, object);
  }

 private:
  template <class Answer>
  Answer ask(const char* name) const {
    return nb::cast<Answer>(object.attr(name)());
  }
};

// Where the steps of a batch lie in a table, made once for many calls.
struct Places {
  Array<const i64> start, steps;
  Maybe<const i64> offset;
};

// torch's weights, one after the other, as the flat buffer that the core reads, with zeros for biases that are not there.
// Whether it has changed. Sizes are checked before anything is written.
template <class T>
bool gather(const nb::tuple& weights, const NetworkDesc& desc, i64 size, std::vector<T>& to) {
  const i64 places = desc.layers * desc.directions(), given = i64(weights.size());
  require(given == 4 * places || given == 2 * places, "a layer and direction has two weights, and two biases or none");
  std::vector<Flat<const T>> parts;
  i64 sum = 0;
  const auto add = [&](const Flat<const T>& part) { parts.push_back(part), sum += part.count; };
  for (const nb::handle weight : weights) {
    add(Tensor<const T>(weight));
    // two values to each row of weight_hh
    if (given == 2 * places && parts.size() % 3 == 2) add({nullptr, 2 * parts.back().count / desc.hidden});
  }
  require(sum == size, "the weights do not fit the layers");
  bool changed = i64(to.size()) != size;
  to.resize(std::size_t(size));
  T* own = to.data();
  for (const Flat<const T>& part : parts) {
    const std::size_t bytes = sizeof(T) * std::size_t(part.count);
    if (part.data == nullptr) {
      changed = changed || std::any_of(own, own + part.count, [](T value) { return value != T(0); });
      std::fill_n(own, part.count, T(0));
    } else if (changed || std::memcmp(own, part.data, bytes) != 0) {
      changed = true;
      std::memcpy(own, part.data, bytes);
    }
    own += part.count;
  }
  return changed;
}

// The layers over rows of a tensor. y gets the states of the top layer where a sequence has a row, h and c the last
// states, [layers * directions, n, hidden]; None for what nobody asks.
template <class T>
PyTape<T> unfold(PyNetwork<T>& self, const nb::tuple& weights, nb::handle rows, const Places& places, nb::handle h0, nb::handle c0,
                 bool keep, const Noise& noise, nb::handle y, nb::handle h, nb::handle c) {
  Engine<T>& e = self.engine();
  require(e.desc.vocabulary == 0 && e.desc.outputs == 0 && e.desc.readout == Readout::each, "tensors are for layers alone");
  PyTape<T> result;
  result.engine = self.shared();
  result.room = e.take();
  result.keep = keep;
  result.spans = Spans<T>{places.start, places.steps, places.start, Tensor<const T>(rows).array(), {}, {}, {},
                          Tensor<const T>(h0).array(), Tensor<const T>(c0).array(), {}, {}, {}, places.offset};
  const Batch<T> batch = result.spans.batch(e.desc);
  const Tensor<T> output(y), last_h(h), last_c(c);
  const i64 state = e.desc.layers * e.desc.directions() * e.desc.hidden * batch.n;
  output.least(result.output_rows() * e.desc.output_width(), "y is too small");
  last_h.least(state, "h is too small");
  last_c.least(state, "c is too small");
  // the last that may refuse: what was gathered is packed
  const bool changed = gather(weights, e.desc, self.parameter_count(), result.room.params);
  result.params = Array<const T>(result.room.params.data(), {result.room.params.size()}, nb::handle());
  {
    nb::gil_scoped_release release;
    const Call call(e.busy);
    Tape<T>& tape = *result.room.tape;
    e.network->forward(result.params.data(), changed, batch, noise, keep, tape);
    if (output.data != nullptr) e.network->output(result.params.data(), batch, tape, output.data);
    e.network->final_state(batch, tape, last_h.data, last_c.data);
  }
  result.spans.h0.reset();  // read already
  result.spans.c0.reset();
  return result;
}

// The way back through a tape, which is used up; see Network::backward().
template <class T>
void unfold_backward(PyNetwork<T>& self, PyTape<T>& tape, const Flat<const T>& d_output, const Flat<const T>& dh,
                     const Flat<const T>& dc, const Flat<T>& gradient, const Flat<T>& d_input, const Flat<T>& dh0,
                     const Flat<T>& dc0, bool trail) {
  Engine<T>& e = self.engine();
  require(tape.engine.get() == &e && tape.keep && !tape.used, "the tape is of another network or used up");
  const Batch<T> batch = tape.spans.batch(e.desc);
  const i64 state = e.desc.layers * e.desc.directions() * e.desc.hidden * batch.n;
  d_output.least(tape.output_rows() * e.desc.output_width(), "d_output is too small");
  dh.least(state, "dh is too small");
  dc.least(state, "dc is too small");
  dh0.least(state, "dh0 is too small");
  dc0.least(state, "dc0 is too small");
  d_input.least(tape.spans.last_item() * e.desc.inputs(), "d_input is too small");
  require(gradient.count == self.parameter_count(), "gradient must be as large as the parameters");
  tape.used = true;
  tape.trail = trail;
  nb::gil_scoped_release release;
  const Call call(e.busy);
  e.network->backward(tape.params.data(), batch, *tape.room.tape, d_output.data, dh.data, dc.data, gradient.data, d_input.data,
                      dh0.data, dc0.data, trail);
}

}  // namespace tg
