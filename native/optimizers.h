// How a step changes the parameters: torch.optim's SGD, Adam and AdamW.
#pragma once

#include "core.h"
#include "simd.h"

namespace tg::TG_ISA {

// In double, eight sums side by side, in an order that n alone decides.
template <class T>
inline double sum_squares(const T* g, i64 n) {
  double sums[8] = {};
  i64 i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; ++j) sums[j] += double(g[i + j]) * double(g[i + j]);
  for (; i < n; ++i) sums[i % 8] += double(g[i]) * double(g[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Updates n parameters p with gradients g * scale; m and v [n] are the optimizer's memory.
template <class T>
inline void update(const OptimizerDesc& o, T* p, const T* g, T* m, T* v, i64 n, double scale) {
  const T rate = T(o.learning_rate), decay = T(o.weight_decay), clip = T(scale);
  if (o.kind == OptimizerKind::sgd) {
    const T momentum = T(o.momentum);
    for (i64 i = 0; i < n; ++i) {
      const T d = g[i] * clip + decay * p[i];
      // torch: the first step takes the gradient itself, which is what zero memory gives.
      m[i] = momentum * m[i] + d;
      p[i] -= rate * m[i];
    }
    return;
  }
  const bool decoupled = o.kind == OptimizerKind::adamw;
  const T beta1 = T(o.beta1), beta2 = T(o.beta2), rest1 = T(1.0 - o.beta1), rest2 = T(1.0 - o.beta2), eps = T(o.eps);
  const T step_size = T(o.learning_rate / (1.0 - __builtin_pow(o.beta1, double(o.step))));
  const T root = T(1.0 / __builtin_sqrt(1.0 - __builtin_pow(o.beta2, double(o.step))));
  const T shrink = decoupled ? T(1.0 - o.learning_rate * o.weight_decay) : T(1);
  const T added = decoupled ? T(0) : decay;
  for (i64 i = 0; i < n; ++i) {
    const T d = g[i] * clip + added * p[i];
    // Not read back from memory, which takes three times as long where a vector crosses a line of the cache.
    const T mean = beta1 * m[i] + rest1 * d, square = beta2 * v[i] + rest2 * d * d;
    const T spread = sizeof(T) == 4 ? T(__builtin_sqrtf(float(square))) : T(__builtin_sqrt(double(square)));
    m[i] = mean;
    v[i] = square;
    p[i] = p[i] * shrink - step_size * mean / (spread * root + eps);
  }
}

}  // namespace tg::TG_ISA
