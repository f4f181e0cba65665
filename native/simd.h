// One vector type for every instruction set, over the compiler's vector extensions.
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
  static constexpr float one = 1.0f;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  // Cody and Waite's split of ln 2, and the polynomial of (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2 whose error, times r, is
  // least: 1.3e-8.
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr float exp_low = -87.33654f, exp_high = 88.72283f, sigmoid_limit = 88.0f, tanh_limit = 40.0f;
  static constexpr int degree = 4;
  static constexpr float poly[5] = {1.3946497e-3f, 8.3666109e-3f, 4.1666280e-2f, 1.6666543e-1f, 0.5f};
};

template <>
struct Simd<double> {
  typedef double V __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int64_t N __attribute__((vector_size(TG_VECTOR_BYTES)));
  typedef std::int64_t Int;
  static constexpr int lanes = TG_VECTOR_BYTES / 8;
  static constexpr double one = 1.0;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double exp_low = -708.39641853226408, exp_high = 709.78271289338397, sigmoid_limit = 709.0,
                          tanh_limit = 80.0;
  // Likewise, to 1.8e-17.
  static constexpr int degree = 9;
  static constexpr double poly[10] = {2.5114517821609884e-08, 2.7626382112523224e-07, 2.755722782435839e-06,
                                      2.480150431239341e-05,  1.9841269903160468e-04, 1.3888888932484054e-03,
                                      8.33333333331454e-03,   4.166666666657332e-02,  0.16666666666666685,
                                      0.5000000000000006};
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

// Whether fma() rounds once.
#if TG_VECTOR_BYTES == 64 || defined(__FMA__) || defined(__aarch64__)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

// min(v, limit) and max(v, limit); a NaN in v stays.
template <class T>
TG_INLINE Vec<T> at_most(Vec<T> v, T limit) {
  const Vec<T> l = set1<T>(limit);
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_min_ps((__m512)l, (__m512)v);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_min_pd((__m512d)l, (__m512d)v);
#elif defined(__AVX2__) && TG_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm256_min_ps((__m256)l, (__m256)v);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm256_min_pd((__m256d)l, (__m256d)v);
#else
  return v > l ? l : v;
#endif
}

template <class T>
TG_INLINE Vec<T> at_least(Vec<T> v, T limit) {
  const Vec<T> l = set1<T>(limit);
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_max_ps((__m512)l, (__m512)v);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_max_pd((__m512d)l, (__m512d)v);
#elif defined(__AVX2__) && TG_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm256_max_ps((__m256)l, (__m256)v);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm256_max_pd((__m256d)l, (__m256d)v);
#else
  return v < l ? l : v;
#endif
}

// 1 / b, for finite b, to half of the bits or better.
template <class T>
TG_INLINE Vec<T> about_reciprocal(Vec<T> b) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  // A division of 64 bytes blocks its port for six cycles or more; this takes one, and Newton's step is two multiply-adds.
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_rcp14_ps((__m512)b);
  if constexpr (sizeof(T) == 8) {
    const Vec<T> r = (Vec<T>)_mm512_rcp14_pd((__m512d)b);
    return fma(fma(-b, r, set1<T>(1)), r, r);
  }
#endif
  return set1<T>(1) / b;
}

// For what others than this core's thread read next: writes a vector past its caches, p on a multiple of its bytes. streamed()
// goes before whatever tells the others.
template <class T>
TG_INLINE void stream(T* p, Vec<T> v) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  _mm512_stream_si512((__m512i*)p, (__m512i)v);
#elif defined(__AVX2__) && TG_VECTOR_BYTES == 32
  _mm256_stream_si256((__m256i*)p, (__m256i)v);
#else
  store<T>(p, v);
#endif
}

TG_INLINE void streamed() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// The first n < lanes values at p, the others zero; nothing past p + n is touched.
template <class T>
TG_INLINE Vec<T> load_part(const T* p, i64 n) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), p);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), p);
#else
  T part[Simd<T>::lanes] = {};
  for (i64 i = 0; i < n; ++i) part[i] = p[i];
  return load<T>(part);
#endif
}

template <class T>
TG_INLINE void store_part(T* p, Vec<T> v, i64 n) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1), (__m512)v);
  if constexpr (sizeof(T) == 8) _mm512_mask_storeu_pd(p, __mmask8((1u << n) - 1), (__m512d)v);
#else
  T part[Simd<T>::lanes];
  store<T>(part, v);
  for (i64 i = 0; i < n; ++i) p[i] = part[i];
#endif
}

template <class T>
TG_INLINE T sum_lanes(Vec<T> v) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) return _mm512_reduce_add_ps((__m512)v);
  if constexpr (sizeof(T) == 8) return _mm512_reduce_add_pd((__m512d)v);
#else
  T lanes[Simd<T>::lanes];
  store<T>(lanes, v);
  for (int half = Simd<T>::lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
#endif
}

// The sums of neighbouring lanes: a's, then b's.
template <class T>
TG_INLINE Vec<T> pair_sums(Vec<T> a, Vec<T> b) {
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    return (Vec<T>)_mm512_permutex2var_ps((__m512)a, even, (__m512)b) + (Vec<T>)_mm512_permutex2var_ps((__m512)a, odd, (__m512)b);
  }
  if constexpr (sizeof(T) == 8) {
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), odd = _mm512_or_si512(even, _mm512_set1_epi64(1));
    return (Vec<T>)_mm512_permutex2var_pd((__m512d)a, even, (__m512d)b) + (Vec<T>)_mm512_permutex2var_pd((__m512d)a, odd, (__m512d)b);
  }
#else
  constexpr int L = Simd<T>::lanes;
  T lanes[2 * L];
  store<T>(lanes, a);
  store<T>(lanes + L, b);
  for (int i = 0; i < L; ++i) lanes[i] = lanes[2 * i] + lanes[2 * i + 1];
  return load<T>(lanes);
#endif
}

// The lower halves of a and b, number by number side by side, or the upper ones.
template <class T, bool upper>
TG_INLINE Vec<T> interleave(Vec<T> a, Vec<T> b) {
  [[maybe_unused]] constexpr int L = Simd<T>::lanes, first = upper ? L / 2 : 0;
#if defined(__AVX512F__) && TG_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    const __m512i step = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return (Vec<T>)_mm512_permutex2var_ps((__m512)a, _mm512_add_epi32(step, _mm512_set1_epi32(first)), (__m512)b);
  }
  if constexpr (sizeof(T) == 8) {
    const __m512i step = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    return (Vec<T>)_mm512_permutex2var_pd((__m512d)a, _mm512_add_epi64(step, _mm512_set1_epi64(first)), (__m512d)b);
  }
#elif defined(__AVX2__) && TG_VECTOR_BYTES == 32
  constexpr int half = upper ? 0x31 : 0x20;  // of what each 16 bytes of a and b give
  if constexpr (sizeof(T) == 4) {
    const __m256 low = _mm256_unpacklo_ps((__m256)a, (__m256)b), high = _mm256_unpackhi_ps((__m256)a, (__m256)b);
    return (Vec<T>)_mm256_permute2f128_ps(low, high, half);
  }
  if constexpr (sizeof(T) == 8) {
    const __m256d low = _mm256_unpacklo_pd((__m256d)a, (__m256d)b), high = _mm256_unpackhi_pd((__m256d)a, (__m256d)b);
    return (Vec<T>)_mm256_permute2f128_pd(low, high, half);
  }
#else
  T lanes[L];
  for (int i = 0; i < L / 2; ++i) lanes[2 * i] = a[first + i], lanes[2 * i + 1] = b[first + i];
  return load<T>(lanes);
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

// L x L numbers: row i, at from(i), becomes column i of the rows at to(j), which put(p, vector) writes. Each round turns the bits
// of a number's place, those of its row before those of its column, by one.
template <class T, class From, class To, class Put>
TG_INLINE void transpose(From&& from, To&& to, Put&& put) {
  constexpr int L = Simd<T>::lanes;
  Vec<T> v[L], next[L];
#pragma GCC unroll 16
  for (int i = 0; i < L; ++i) v[i] = load<T>(from(i));
#pragma GCC unroll 4
  for (int round = 1; round < L; round *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < L / 2; ++i) {
      next[2 * i] = interleave<T, false>(v[i], v[i + L / 2]);
      next[2 * i + 1] = interleave<T, true>(v[i], v[i + L / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) v[i] = next[i];
  }
#pragma GCC unroll 16
  for (int j = 0; j < L; ++j) put(to(j), v[j]);
}

template <class T, class From, class To>
TG_INLINE void transpose(From&& from, To&& to) {
  transpose<T>(from, to, [](T* p, Vec<T> v) { store<T>(p, v); });
}

}  // namespace tg::TG_ISA
