// What a training step changes: most parameters as one range of the flat buffer; apart from it, where so few count, the
// rows of the embedding that were read and the classes of the head that were scored.
#pragma once

#include "head.h"
#include "input.h"
#include "update.h"

namespace tg::TG_ISA {

template <class T>
struct Changed {
  const NetworkDesc& desc;
  const Input<T>& input;
  const Head<T>& head;
  i64 head_begins, count;
  bool some_classes;

  // Some rows of the embedding alone. A tied one has a gradient everywhere: it is the head's.
  bool rows() const { return input.sparse() && (some_classes || !desc.tied); }

  // The range.
  i64 first() const { return rows() ? input.parameters() : 0; }
  i64 last() const { return some_classes ? head_begins : count; }

  // Lists what is apart, with the gradients of the step that was just made; how many there are.
  i64 list(Update<T>& update, const Targets<T>& targets) const {
    const Touched& touched = input.touched();
    const i64 n_rows = rows() ? touched.count : 0, columns = desc.readout_width();
    auto* to = update.pieces(n_rows + 2 * targets.n_classes);
    const auto* const begin = to;
    for (i64 i = 0; i < n_rows; ++i) *to++ = {touched.id[i] * desc.width, desc.width, input.embedding_gradient() + i * desc.width};
    for (i64 i = 0; i < targets.n_classes; ++i) {
      const i64 output = targets.classes[i];
      if (!desc.tied) *to++ = {head.weight_row(output), columns, head.some_weights() + i * columns};
      *to++ = {head.bias(output), 1, head.some_biases() + i};
    }
    return to - begin;
  }

  // The same with gradients that lie where the parameters do.
  i64 list(Update<T>& update, const T* gradient, const i64* touched, i64 n_touched, const i64* classes, i64 n_classes) const {
    const i64 n_rows = rows() ? n_touched : 0;
    auto* to = update.pieces(n_rows + 2 * n_classes);
    const auto* const begin = to;
    const auto add = [&](i64 first, i64 size) { *to++ = {first, size, gradient + first}; };
    for (i64 i = 0; i < n_rows; ++i) add(touched[i] * desc.width, desc.width);
    for (i64 i = 0; i < n_classes; ++i) {
      if (!desc.tied) add(head.weight_row(classes[i]), desc.readout_width());
      add(head.bias(classes[i]), 1);
    }
    return to - begin;
  }
};

}  // namespace tg::TG_ISA
