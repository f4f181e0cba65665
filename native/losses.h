// The losses, a row of outputs at a time: value, weight and gradient.
//
// A target that is NaN, or a class id below zero, is no target: it adds nothing to value, weight or gradient. What `mixing`
// wants is in mixing.h.
#pragma once

#include "core.h"
#include "functions.h"
#include "mixing.h"

namespace tg::TG_ISA {

template <class T>
inline bool is_missing(T x) {
  return x != x;
}

inline double class_weight(const LossDesc& loss, i64 id) { return loss.class_weight != nullptr ? loss.class_weight[id] : 1.0; }

// One element's loss, and its derivative with respect to the output y, for target t.
template <class T>
struct Element {
  double value;
  double slope;
};

template <class T>
TG_INLINE Element<T> element(const LossDesc& loss, double y, double t, double quantile) {
  const double e = y - t;
  const double sign = e > 0.0 ? 1.0 : e < 0.0 ? -1.0 : e;  // NaN stays NaN
  switch (loss.kind) {
    case LossKind::mse:
    case LossKind::rmse:
      return {e * e, 2.0 * e};
    case LossKind::mae:
      return {__builtin_fabs(e), sign};
    case LossKind::huber:
      if (__builtin_fabs(e) <= loss.delta) return {0.5 * e * e, e};
      return {loss.delta * (__builtin_fabs(e) - 0.5 * loss.delta), loss.delta * sign};
    case LossKind::pinball:
      return e > 0.0 ? Element<T>{(1.0 - quantile) * e, 1.0 - quantile} : Element<T>{-quantile * e, e < 0.0 ? -quantile : e};
    case LossKind::binary: {
      // max(y, 0) - y t + log(1 + e^-|y|), stable for any logit.
      const double soft = t * (1.0 - loss.smoothing) + 0.5 * loss.smoothing;
      const double small = __builtin_exp(-__builtin_fabs(y));
      const double p = y >= 0.0 ? 1.0 / (1.0 + small) : small / (1.0 + small);
      const double w = loss.class_weight != nullptr ? loss.class_weight[t >= 0.5 ? 1 : 0] : 1.0;
      return {w * ((y > 0.0 ? y : y != y ? y : 0.0) - y * soft + __builtin_log1p(small)), w * (p - soft)};
    }
    default:
      return {0.0, 0.0};
  }
}

// This row's share of what "mean" divides by. target [targets] for numbers, id for categorical.
template <class T>
inline double row_weight(const LossDesc& loss, const T* target, i64 id, double weight) {
  if (loss.kind == LossKind::categorical) return id < 0 ? 0.0 : weight * class_weight(loss, id);
  if (loss.kind == LossKind::mixing) return weight * double(mixing_known<T>(loss, target, 0));
  double total = 0.0;
  const i64 repeats = loss.together();
  for (i64 i = 0; i < loss.targets; ++i) {
    if (is_missing(target[i])) continue;
    const bool weighted = loss.kind == LossKind::binary && loss.class_weight != nullptr;
    total += weight * (weighted ? loss.class_weight[target[i] >= T(0.5) ? 1 : 0] : 1.0) * double(repeats);
  }
  return total;
}

// The same of the events of `mixing`.
template <class T>
inline double row_events(const LossDesc& loss, const T* target, double weight) {
  return loss.chance ? weight * double(mixing_known<T>(loss, target, 1)) : 0.0;
}

// Softmax in place; returns log(sum e^(y - max)) + max. y [n].
template <class T>
inline double softmax(T* y, i64 n) {
  constexpr int L = Simd<T>::lanes;
  T most = y[0];
  for (i64 i = 1; i < n; ++i) most = y[i] > most || y[i] != y[i] ? y[i] : most;
  double total = 0.0;
  for (i64 i = 0; i < n; i += 64 * L) {  // blocks, so that a sum over a large vocabulary stays accurate
    Vec<T> sum = {};
    const i64 end = smaller(n, i + 64 * L);
    i64 j = i;
    for (; j + L <= end; j += L) {
      const Vec<T> e = exp<T>(load<T>(y + j) - set1<T>(most));
      store<T>(y + j, e);
      sum += e;
    }
    if (j < end) {
      const Vec<T> e = exp<T>(load_part<T>(y + j, end - j) - set1<T>(most));
      store_part<T>(y + j, e, end - j);
      for (i64 k = j; k < end; ++k) total += double(y[k]);
    }
    total += double(sum_lanes<T>(sum));
  }
  const T scale = T(1.0 / total);
  for (i64 i = 0; i < n; ++i) y[i] *= scale;
  return __builtin_log(total) + double(most);
}

// Cross-entropy of logits y [outputs] with the class `id`, smoothed; leaves gradient * scale in y where `gradient`, else
// leaves y in an undefined state.
template <class T>
inline double categorical(const LossDesc& loss, T* y, i64 id, double weight, double scale, bool gradient) {
  const i64 n = loss.outputs;
  const double s = loss.smoothing;
  if (id < 0) {
    if (gradient)
      for (i64 i = 0; i < n; ++i) y[i] = 0;
    return 0.0;
  }
  const double at_target = double(y[id]);
  // torch: (1 - s) w[id] (-log p[id]) + s / n sum_j w[j] (-log p[j]), divided by the sum of w[id].
  double weighted_logits = 0.0, weights = 0.0;
  if (s > 0.0)
    for (i64 j = 0; j < n; ++j) {
      weighted_logits += class_weight(loss, j) * double(y[j]);
      weights += class_weight(loss, j);
    }
  const double log_total = softmax<T>(y, n);
  const double own = (1.0 - s) * class_weight(loss, id), spread = s / double(n);
  const double value = own * (log_total - at_target) + (s > 0.0 ? spread * (weights * log_total - weighted_logits) : 0.0);
  if (gradient) {
    const T factor = T(weight * scale * (own + spread * weights));
    for (i64 j = 0; j < n; ++j) y[j] *= factor;
    if (s > 0.0)
      for (i64 j = 0; j < n; ++j) y[j] -= T(weight * scale * spread * class_weight(loss, j));
    y[id] -= T(weight * scale * own);
  }
  return weight * value;
}

// The weighted sum of a row's losses (rmse: of its squared errors). output [outputs]; categorical leaves it undefined.
template <class T>
inline double row_loss(const LossDesc& loss, T* output, const T* target, i64 id, double weight) {
  if (loss.kind == LossKind::categorical) return categorical<T>(loss, output, id, weight, 1.0, false);
  if (loss.kind == LossKind::mixing) return mixing<T>(loss, output, target, weight, 1.0, false);
  const i64 repeats = loss.together();
  double total = 0.0;
  for (i64 i = 0; i < loss.outputs; ++i) {
    const T t = target[i / repeats];
    if (is_missing(t)) continue;
    total += weight * element<T>(loss, double(output[i]), double(t), loss.quantiles != nullptr ? loss.quantiles[i % repeats] : 0.0).value;
  }
  return total;
}

// Puts d(row_loss) * scale / d output in the place of output.
template <class T>
inline void row_gradient(const LossDesc& loss, T* output, const T* target, i64 id, double weight, double scale) {
  if (loss.kind == LossKind::categorical) {
    categorical<T>(loss, output, id, weight, scale, true);
    return;
  }
  const i64 repeats = loss.together();
  for (i64 i = 0; i < loss.outputs; ++i) {
    const T t = target[i / repeats];
    if (is_missing(t)) {
      output[i] = 0;
      continue;
    }
    const double quantile = loss.quantiles != nullptr ? loss.quantiles[i % repeats] : 0.0;
    output[i] = T(weight * scale * element<T>(loss, double(output[i]), double(t), quantile).slope);
  }
}

// Both in one pass over the row: returns the loss, leaves the gradient.
template <class T>
inline double row_loss_gradient(const LossDesc& loss, T* output, const T* target, i64 id, double weight, double scale) {
  if (loss.kind == LossKind::categorical) return categorical<T>(loss, output, id, weight, scale, true);
  if (loss.kind == LossKind::mixing) return mixing<T>(loss, output, target, weight, scale, true);
  const double value = row_loss<T>(loss, output, target, id, weight);
  row_gradient<T>(loss, output, target, id, weight, scale);
  return value;
}

}  // namespace tg::TG_ISA
