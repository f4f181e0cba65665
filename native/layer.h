// One cell's kernels behind plain virtual calls, so that stacks and heads are compiled once, not once a cell.
#pragma once

#include "cells/all.h"
#include "core.h"
#include "unfold.h"

namespace tg::TG_ISA {

template <class T>
class CellKernels {
 public:
  int gates, apart, slots;
  bool cell_state, saves;
  const int* input_gate;
  const int* state_gate;

  virtual ~CellKernels() = default;
  virtual void lie(LayerWeights<T>& to, const Blocks& input, i64 hidden, bool backward, bool backward_input) const = 0;
  virtual void pack(LayerWeights<T>& to, const LayerParams<T>& params, i64 first, i64 last) const = 0;
  virtual i64 scratch_size(const LayerWeights<T>& weights, i64 n, bool keep) const = 0;
  virtual void forward(const Unfold<T>& u, i64 first, i64 last, T* scratch) const = 0;
  virtual void backward(const Unfold<T>& u, i64 first, i64 last) const = 0;
};

template <class T, class Cell>
class KernelsOf final : public CellKernels<T> {
 public:
  KernelsOf() {
    this->gates = Cell::gates;
    this->apart = Cell::apart;
    this->slots = slots_of<Cell>;
    this->cell_state = Cell::cell_state;
    this->saves = Cell::saves;
    this->input_gate = Cell::input_gate;
    this->state_gate = Cell::state_gate;
  }
  void lie(LayerWeights<T>& to, const Blocks& input, i64 hidden, bool backward, bool backward_input) const override {
    to.template lie<Cell>(input, hidden, backward, backward_input);
  }
  void pack(LayerWeights<T>& to, const LayerParams<T>& params, i64 first, i64 last) const override {
    to.template pack<Cell>(params, first, last);
  }
  i64 scratch_size(const LayerWeights<T>& weights, i64 n, bool keep) const override {
    return Unfolding<T, Cell>::scratch_size(weights, n, keep);
  }
  void forward(const Unfold<T>& u, i64 first, i64 last, T* scratch) const override {
    Unfolding<T, Cell>::forward(u, first, last, scratch);
  }
  void backward(const Unfold<T>& u, i64 first, i64 last) const override {
    Unfolding<T, Cell>::backward(u, first, last);
  }
};

template <class T>
CellKernels<T>* new_kernels(int cell) {
  int index = 0;
#define TG_MAKE(name, Cell) \
  if (cell == index++) return new KernelsOf<T, Cell>();
  TG_CELLS(TG_MAKE)
#undef TG_MAKE
  return nullptr;
}

}  // namespace tg::TG_ISA
