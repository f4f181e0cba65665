// exp, sigmoid, tanh and log(1 + x) to 2 ulp, on several vectors at once.
//
// One of these functions is a chain of some 20 operations that each wait for the one before. Taken in step, some vectors
// hide each other's latency; the formulas below read as if there were one number. What counts is the multiply-adds, 15 a
// function: they share their ports with the products.
#pragma once

#include "simd.h"

namespace tg::TG_ISA {

// As many as their constants and partial results leave registers for.
inline constexpr int vectors_in_step = TG_VECTOR_BYTES == 64 ? 4 : 2;

// n vectors that are worked on in step.
template <class T, int n>
struct Vectors {
  using Number = T;
  static constexpr int width = n * Simd<T>::lanes;
  Vec<T> v[n];

  Vectors() = default;
  // Vector by vector: the copy that the compiler makes goes through memory in halves of a 32-byte vector, and waits for them.
  TG_INLINE Vectors(const Vectors& a) { each([&](int i) { v[i] = a.v[i]; }); }
  TG_INLINE Vectors& operator=(const Vectors& a) { return each([&](int i) { v[i] = a.v[i]; }), *this; }
  TG_INLINE Vectors(Vec<T> x) { each([&](int i) { v[i] = x; }); }
  TG_INLINE explicit Vectors(T x) : Vectors(set1<T>(x)) {}
  TG_INLINE explicit Vectors(const T* from) { each([&](int i) { v[i] = load<T>(from + i * Simd<T>::lanes); }); }
  TG_INLINE void store_to(T* to) const { each([&](int i) { store<T>(to + i * Simd<T>::lanes, v[i]); }); }

  template <class Body>
  static TG_INLINE void each(Body&& body) {
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) body(i);
  }
  template <class Body>
  static TG_INLINE Vectors made(Body&& body) {
    Vectors out;
    each([&](int i) { out.v[i] = body(i); });
    return out;
  }
  friend TG_INLINE Vectors operator+(const Vectors& a, const Vectors& b) { return made([&](int i) { return a.v[i] + b.v[i]; }); }
  friend TG_INLINE Vectors operator-(const Vectors& a, const Vectors& b) { return made([&](int i) { return a.v[i] - b.v[i]; }); }
  friend TG_INLINE Vectors operator*(const Vectors& a, const Vectors& b) { return made([&](int i) { return a.v[i] * b.v[i]; }); }
  friend TG_INLINE Vectors operator/(const Vectors& a, const Vectors& b) { return made([&](int i) { return a.v[i] / b.v[i]; }); }
  friend TG_INLINE Vectors operator-(const Vectors& a) { return made([&](int i) { return -a.v[i]; }); }
  friend TG_INLINE Vectors fma(const Vectors& a, const Vectors& b, const Vectors& c) {
    return made([&](int i) { return tg::TG_ISA::fma(a.v[i], b.v[i], c.v[i]); });
  }
  friend TG_INLINE Vectors clamp(const Vectors& a, T low, T high) {
    return made([&](int i) { return at_most<T>(at_least<T>(a.v[i], low), high); });
  }
  friend TG_INLINE Vectors about_reciprocal(const Vectors& a) {
    return made([&](int i) { return tg::TG_ISA::about_reciprocal<T>(a.v[i]); });
  }
  // a where it is positive, else 0
  friend TG_INLINE Vectors positive(const Vectors& a) { return made([&](int i) { return a.v[i] < Vec<T>{} ? Vec<T>{} : a.v[i]; }); }
  // a where b is positive, else 0
  friend TG_INLINE Vectors where_positive(const Vectors& a, const Vectors& b) {
    return made([&](int i) { return b.v[i] > Vec<T>{} ? a.v[i] : Vec<T>{}; });
  }
  friend TG_INLINE Vectors at_most(const Vectors& a, T limit) {
    return made([&](int i) { return tg::TG_ISA::at_most<T>(a.v[i], limit); });
  }
  friend TG_INLINE Vectors magnitude(const Vectors& a) {
    return made([&](int i) { return (Vec<T>)((typename Simd<T>::N)a.v[i] & ~sign()); });
  }
  // a >= 0 with the sign of b
  friend TG_INLINE Vectors with_sign(const Vectors& a, const Vectors& b) {
    return made([&](int i) { return (Vec<T>)((typename Simd<T>::N)a.v[i] | ((typename Simd<T>::N)b.v[i] & sign())); });
  }
  static TG_INLINE typename Simd<T>::N sign() { return (typename Simd<T>::N)set1<T>(T(-0.0)); }
  // The last bits of each number as its exponent: 2^(bits - bias).
  friend TG_INLINE Vectors as_exponent(const Vectors& a) {
    return made([&](int i) { return (Vec<T>)((typename Simd<T>::N)a.v[i] << Simd<T>::mantissa); });
  }
};

// e^x = 2^n (1 + p), with n = x / ln 2 rounded; `shifted` holds n + bias - less in its last bits.
template <class V>
struct ExpParts {
  V p, shifted;
};

// `pieces` of ln 2: with one, e^x is off by n / 31 units in the last place of float, which tells only where n is large and
// the result is not 1 or so.
template <int pieces, class V>
TG_INLINE ExpParts<V> exp_parts(const V& x, int less = 0) {
  using T = typename V::Number;
  using S = Simd<T>;
  const V magic(S::magic + T(S::bias - less)), shifted = fma(x, V(T(1.44269504088896340736)), magic), n = shifted - magic;
  V r = fma(n, V(pieces == 1 ? T(-0.69314718055994530942) : -S::ln2_high), x);
  if constexpr (pieces == 2) r = fma(n, V(-S::ln2_low), r);
  V q(S::poly[0]);
#pragma GCC unroll 16
  for (int i = 1; i <= S::degree; ++i) q = fma(q, r, V(S::poly[i]));
  return {fma(q * r, r, r), shifted};
}

// e^x: 0 below the smallest normal number, infinity past the largest; NaN stays NaN.
template <class T>
TG_INLINE Vec<T> exp(Vec<T> x) {
  using S = Simd<T>;
  const auto e = exp_parts<2>(clamp(Vectors<T, 1>(x), S::exp_low, S::exp_high));
  const auto two_to = [](typename S::N power) { return (Vec<T>)((power + S::bias) << S::mantissa); };
  const typename S::N power = (typename S::N)e.shifted.v[0] - (typename S::N)set1<T>(S::magic + S::bias), half = power >> 1;
  Vec<T> y = fma(e.p.v[0], two_to(half), two_to(half)) * two_to(power - half);
  y = x < set1<T>(S::exp_low) ? Vec<T>{} : y;
  return x > set1<T>(S::exp_high) ? set1<T>(T(__builtin_inf())) : y;
}

// log(1 + x) for x from 0 to 1: 2 atanh z with z = x / (2 + x) <= 1/3, whose series ends where it no longer counts.
template <class T>
TG_INLINE Vec<T> log1p(Vec<T> x) {
  constexpr int last = sizeof(T) == 4 ? 7 : 16;
  const Vec<T> z = x / (x + set1<T>(2)), square = z * z;
  Vec<T> sum = set1<T>(T(2.0 / (2 * last + 1)));
#pragma GCC unroll 16
  for (int i = last - 1; i > 0; --i) sum = fma(sum, square, set1<T>(T(2.0 / (2 * i + 1))));
  return fma(sum * square, z, z + z);
}

// a / (b + rest) to 1 ulp, where rest is what b lost when it was rounded.
template <class V>
TG_INLINE V quotient(const V& a, const V& b, const V& rest) {
  const V r = about_reciprocal(b);
  if constexpr (!fused) {
    const V q = a / b;
    return q - rest * q * r;
  }
  const V q = a * r;
  return fma(fma(-rest, q, fma(-b, q, a)), r, q);
}

// 1 / (1 + e^-x)
template <class V>
TG_INLINE V sigmoid(const V& x) {
  using S = Simd<typename V::Number>;
  const V one(S::one);
  const auto e = exp_parts<2>(clamp(-x, -S::sigmoid_limit, S::sigmoid_limit));
  const V scale = as_exponent(e.shifted), most = one + scale, sum = fma(e.p, scale, most);
  return quotient(one, sum, fma(e.p, scale, most - sum));
}

// tanh x = u / (1 + u) with u = (e^2x - 1) / 2, which keeps its relative accuracy near zero.
template <class V>
TG_INLINE V tanh(const V& x) {
  using S = Simd<typename V::Number>;
  const V one(S::one), half(S::one / 2);
  const auto e = exp_parts<1>(at_most(magnitude(x + x), S::tanh_limit), 1);
  const V scale = as_exponent(e.shifted), u = fma(e.p, scale, scale - half), sum = one + u;
  return with_sign(quotient(u, sum, u - (sum - one)), x);
}

}  // namespace tg::TG_ISA
