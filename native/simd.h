// One vector type for every instruction set, over the compiler's vector extensions; exp, sigmoid and tanh to 2 ulp.
//
// Only the block marked "intrinsics" knows an instruction set. TG_VECTOR_BYTES may be forced (tests compile the
// 64-byte shape for a machine without AVX-512 that way; the compiler then splits each vector).
#pragma once

#include "dims.h"

#if !defined(TG_VECTOR_BYTES)
#if defined(__AVX512F__)
#define TG_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define TG_VECTOR_BYTES 32
#else
#define TG_VECTOR_BYTES 16
#endif
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tg::TG_ISA {

template <class T>
struct Simd;

template <>
struct Simd<float> {
  typedef float V __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int32_t N __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int32_t Int;
  static constexpr int lanes = TG_VECTOR_BYTES / 4;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  // Cody and Waite's split of ln 2, and the minimax polynomial of (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2 (Cephes expf).
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr float exp_low = -87.33654f, exp_high = 88.72283f, sigmoid_limit = 88.0f, tanh_limit = 20.0f;
  static constexpr int degree = 5;
  static constexpr float poly[6] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                    4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
};

template <>
struct Simd<double> {
  typedef double V __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int64_t N __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int64_t Int;
  static constexpr int lanes = TG_VECTOR_BYTES / 8;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double exp_low = -708.39641853226408, exp_high = 709.78271289338397, sigmoid_limit = 709.0,
                          tanh_limit = 40.0;
  // Taylor's series to r^13: the first term left out is below 4e-18 on |r| <= ln 2 / 2.
  static constexpr int degree = 11;
  static constexpr double poly[12] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                      1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                      1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5};
};

template <class T>
using Vec = typename Simd<T>::V;

template <class T>
TG_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class T>
TG_INLINE void store(T* p, Vec<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

template <class T>
TG_INLINE Vec<T> set1(T s) {
  return s - Vec<T>{};  // scalar minus zero vector: a broadcast (and keeps -0)
}

// The first n < lanes values at p, the others zero; nothing past p + n is touched.
template <class T>
TG_INLINE Vec<T> load_part(const T* p, i64 n) {
  T part[Simd<T>::lanes] = {};
  for (i64 i = 0; i < n; ++i) part[i] = p[i];
  return load<T>(part);
}

template <class T>
TG_INLINE void store_part(T* p, Vec<T> v, i64 n) {
  T part[Simd<T>::lanes];
  store<T>(part, v);
  for (i64 i = 0; i < n; ++i) p[i] = part[i];
}

// ---- intrinsics: the only lines that name an instruction set -------------------------------------------------------

TG_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  return (Vec<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__) && TG_VECTOR_BYTES == 32
  return (Vec<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__) && TG_VECTOR_BYTES == 16
  return (Vec<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

TG_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  return (Vec<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__) && TG_VECTOR_BYTES == 32
  return (Vec<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__) && TG_VECTOR_BYTES == 16
  return (Vec<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

// Subnormals are flushed to zero while one of these lives, and the caller's setting comes back after it: vanishing
// states would cost ten times the time otherwise.
class FlushSubnormals {
 public:
#if defined(__x86_64__)
  FlushSubnormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040u); }
  ~FlushSubnormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushSubnormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" ::"r"(saved_ | (std::uint64_t(1) << 24)));
  }
  ~FlushSubnormals() { __asm__ volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  std::uint64_t saved_;
#else
  FlushSubnormals() {}
#endif
};

// ---- end of intrinsics ---------------------------------------------------------------------------------------------

// Comparisons with NaN are false, so both keep a NaN in v.
template <class T>
TG_INLINE Vec<T> at_most(Vec<T> v, T limit) {
  return v > set1<T>(limit) ? set1<T>(limit) : v;
}
template <class T>
TG_INLINE Vec<T> at_least(Vec<T> v, T limit) {
  return v < set1<T>(limit) ? set1<T>(limit) : v;
}

template <class T>
TG_INLINE T sum_lanes(Vec<T> v) {
  T lanes[Simd<T>::lanes];
  store<T>(lanes, v);
  T total = lanes[0];
  for (int i = 1; i < Simd<T>::lanes; ++i) total += lanes[i];
  return total;
}

// e^x = 2^n (1 + p): `power` gets n as an integer in each lane, the result is p = e^r - 1 with |r| <= ln 2 / 2.
template <class T>
TG_INLINE Vec<T> exp_parts(Vec<T> x, typename Simd<T>::N& power) {
  using S = Simd<T>;
  typedef typename S::N N;
  const Vec<T> magic = set1<T>(S::magic);
  const Vec<T> shifted = fma(x, set1<T>(T(1.44269504088896340736)), magic);
  const Vec<T> n = shifted - magic;
  power = (N)shifted - (N)magic;
  Vec<T> r = fma(n, set1<T>(-S::ln2_high), x);
  r = fma(n, set1<T>(-S::ln2_low), r);
  Vec<T> q = set1<T>(S::poly[0]);
#pragma GCC unroll 16
  for (int i = 1; i <= S::degree; ++i) q = fma(q, r, set1<T>(S::poly[i]));
  return fma(q * r, r, r);
}

template <class T>
TG_INLINE Vec<T> two_to(typename Simd<T>::N power) {
  return (Vec<T>)((power + Simd<T>::bias) << Simd<T>::mantissa);
}

// e^x: 0 below the smallest normal number, infinity past the largest; NaN stays NaN.
template <class T>
TG_INLINE Vec<T> exp(Vec<T> x) {
  using S = Simd<T>;
  typename S::N power;
  const Vec<T> inside = at_most<T>(at_least<T>(x, S::exp_low), S::exp_high);
  const Vec<T> p = exp_parts<T>(inside, power);
  const typename S::N half = power >> 1;
  Vec<T> y = fma(p, two_to<T>(half), two_to<T>(half)) * two_to<T>(power - half);
  y = x < set1<T>(S::exp_low) ? Vec<T>{} : y;
  return x > set1<T>(S::exp_high) ? set1<T>(T(__builtin_inf())) : y;
}

// 1 / (1 + e^-x)
template <class T>
TG_INLINE Vec<T> sigmoid(Vec<T> x) {
  using S = Simd<T>;
  typename S::N power;
  const Vec<T> inside = at_most<T>(at_least<T>(-x, -S::sigmoid_limit), S::sigmoid_limit);
  const Vec<T> p = exp_parts<T>(inside, power);
  const Vec<T> scale = two_to<T>(power);
  return set1<T>(1) / (set1<T>(1) + fma(p, scale, scale));
}

// tanh |x| = -t / (2 + t) with t = e^(-2|x|) - 1, which keeps its relative accuracy near zero.
template <class T>
TG_INLINE Vec<T> tanh(Vec<T> x) {
  using S = Simd<T>;
  typedef typename S::N N;
  const N sign_bit = (N)set1<T>(T(-0.0));
  const N sign = (N)x & sign_bit;
  const Vec<T> magnitude = (Vec<T>)((N)x & ~sign_bit);
  typename S::N power;
  const Vec<T> p = exp_parts<T>(set1<T>(-2) * at_most<T>(magnitude, S::tanh_limit), power);
  const Vec<T> scale = two_to<T>(power);
  const Vec<T> t = fma(p, scale, scale - set1<T>(1));
  const Vec<T> y = -t / (set1<T>(2) + t);
  return (Vec<T>)((N)y | sign);
}

}  // namespace tg::TG_ISA
