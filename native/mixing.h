// The loss of mixed paths. For each step that a row of outputs is for, it says how to mix some baselines (paths), what to
// add, how far the quantiles lie apart and, if asked, the chance of an event: network/mixing.py has the formulas.
//
// Steps are independent of each other, so each is a lane: a column of outputs is a vector over the steps.
#pragma once

#include "core.h"
#include "functions.h"

namespace tg::TG_ISA {

// Numbers of up to L steps that lie `width` apart; other lanes are zero.
template <class T>
TG_INLINE Vec<T> each_step(const T* from, i64 width, i64 steps) {
  T lane[Simd<T>::lanes] = {};
  for (i64 i = 0; i < steps; ++i) lane[i] = from[i * width];
  return load<T>(lane);
}

template <class T>
TG_INLINE void to_each_step(T* to, i64 width, i64 steps, Vec<T> v) {
  for (i64 i = 0; i < steps; ++i) to[i * width] = v[i];
}

template <class T>
struct Softplus {
  Vec<T> value, slope;
};

// log(1 + e^x), and its slope.
template <class T>
TG_INLINE Softplus<T> softplus(Vec<T> x) {
  const Vec<T> zero = {}, one = set1<T>(1), small = exp<T>(x < zero ? x : -x);
  return {(x > zero ? x : zero) + log1p<T>(small), (x < zero ? small : one) / (one + small)};
}

// The loss of up to L steps; with a gradient, that times `scale` takes the place of the outputs.
template <class T>
inline double mixing_steps(const LossDesc& loss, T* output, const T* target, i64 steps, double scale, bool gradient) {
  const i64 P = loss.paths, Q = loss.n_quantiles, width = loss.together();
  const Vec<T> zero = {}, one = set1<T>(1);
  const auto out = [&](i64 column) { return each_step<T>(output + column, width, steps); };
  const auto wanted = [&](i64 column) { return each_step<T>(target + column, loss.targets_of_a_step(), steps); };
  const auto leave = [&](i64 column, Vec<T> slope) { to_each_step<T>(output + column, width, steps, slope * set1<T>(T(scale))); };
  i64 middle = 0;
  while (loss.quantiles[middle] != 0.5) ++middle;

  Vec<T> most = out(0), total = zero, mean = zero, share[mixing_most];
  for (i64 p = 1; p < P; ++p) most = out(p) > most ? out(p) : most;
  for (i64 p = 0; p < P; ++p) total += share[p] = exp<T>(out(p) - most);
  for (i64 p = 0; p < P; ++p) mean += (share[p] /= total) * wanted(2 + p);

  // a quantile's distance to its inner neighbour
  Vec<T> quantile[mixing_most], rise[mixing_most];
  quantile[middle] = mean + out(P);
  const auto next = [&](i64 i, i64 inner, i64 column, Vec<T> sign) {
    const Softplus<T> gap = softplus<T>(out(column));
    quantile[i] = quantile[inner] + sign * gap.value;
    rise[i] = sign * gap.slope;
  };
  for (i64 i = middle + 1; i < Q; ++i) next(i, i - 1, P + i, one);
  for (i64 i = middle - 1; i >= 0; --i) next(i, i + 1, P + 1 + i, -one);

  // slope[i]: of the loss by quantile i
  const Vec<T> value = wanted(0);
  Vec<T> sum = zero, d_median = zero, slope[mixing_most];
  for (i64 i = 0; i < Q; ++i) {
    const double q = loss.quantiles[i], factor = 2.0 / double(Q) + (i == middle ? 2.0 : 0.0);  // |e| is twice its pinball loss
    const Vec<T> error = value == value ? value - quantile[i] : zero;
    slope[i] = error > zero ? set1<T>(T(-q * factor)) : error < zero ? set1<T>(T((1.0 - q) * factor)) : zero;
    sum -= slope[i] * error;
    d_median += slope[i];
  }
  if (gradient) {
    for (i64 p = 0; p < P; ++p) leave(p, share[p] * (wanted(2 + p) - mean) * d_median);
    leave(P, d_median);
    // a gap moves all quantiles beyond it
    for (i64 i = Q - 1; i > middle; --i) leave(P + i, (slope[i] += i + 1 < Q ? slope[i + 1] : zero) * rise[i]);
    for (i64 i = 0; i < middle; ++i) leave(P + 1 + i, (slope[i] += i > 0 ? slope[i - 1] : zero) * rise[i]);
  }
  if (loss.chance) {
    const Vec<T> x = out(width - 1), happens = wanted(1), part = set1<T>(T(loss.event_share));
    const Softplus<T> soft = softplus<T>(x);
    sum += happens == happens ? (soft.value - happens * x) * part : zero;
    if (gradient) leave(width - 1, happens == happens ? (soft.slope - happens) * part : zero);
  }
  double result = 0.0;
  for (i64 i = 0; i < steps; ++i) result += double(sum[i]);
  return result;
}

// A row's weighted loss; with a gradient, that times `scale` takes the place of the outputs.
template <class T>
inline double mixing(const LossDesc& loss, T* output, const T* target, double weight, double scale, bool gradient) {
  const i64 steps = loss.outputs / loss.together();
  double total = 0.0;
  for (i64 i = 0; i < steps; i += Simd<T>::lanes)
    total += mixing_steps<T>(loss, output + i * loss.together(), target + i * loss.targets_of_a_step(),
                             smaller(Simd<T>::lanes, steps - i), weight * scale, gradient);
  return weight * total;
}

// How many of a row's targets are known: values (0), or events (1).
template <class T>
inline i64 mixing_known(const LossDesc& loss, const T* target, int which) {
  i64 known = 0;
  for (i64 i = which; i < loss.targets; i += loss.targets_of_a_step()) known += target[i] == target[i];
  return known;
}

}  // namespace tg::TG_ISA
