// Compiled once for each instruction set (TG_ISA) and number type (TG_T), and like the core without any template of the
// standard library.
#include "isa_functions.h"

#include "functions.h"
#include "random.h"

#define TG_JOIN2(a, b) a##b
#define TG_JOIN(a, b) TG_JOIN2(a, b)

namespace tg::TG_ISA {

namespace {

using T = TG_T;
constexpr int L = Simd<T>::lanes;

// Several vectors in step, as the cells take them.
constexpr int side = 2;

void exps(const T* x, T* y, i64 n) {
  for (i64 i = 0; i < n; i += L) store<T>(y + i, exp<T>(load<T>(x + i)));
}

void sigmoids(const T* x, T* y, i64 n) {
  for (i64 i = 0; i < n; i += side * L) sigmoid(Vectors<T, side>(x + i)).store_to(y + i);
}

void tanhs(const T* x, T* y, i64 n) {
  for (i64 i = 0; i < n; i += side * L) tanh(Vectors<T, side>(x + i)).store_to(y + i);
}

void log1ps(const T* x, T* y, i64 n) {
  for (i64 i = 0; i < n; i += L) store<T>(y + i, log1p<T>(load<T>(x + i)));
}

void fmas(const T* a, const T* b, const T* c, T* y, i64 n) {
  for (i64 i = 0; i < n; i += L) store<T>(y + i, fma(load<T>(a + i), load<T>(b + i), load<T>(c + i)));
}

void copy_part(const T* x, T* y, T* lanes, i64 n) {
  const Vec<T> v = load_part<T>(x, n);
  store_part<T>(y, v, n);
  store<T>(lanes, v);
}

void transposes(const T* x, i64 from, T* y, i64 to) {
  transpose<T>([=](i64 i) { return x + i * from; }, [=](i64 j) { return y + j * to; });
}

void halve(const T* x, T* flushed, T* kept) {
  volatile T half = T(0.5), value = *x;
  {
    FlushSubnormals flush;
    volatile T result = value * half;
    *flushed = result;
  }
  volatile T result = value * half;
  *kept = result;
}

void philox(const std::uint32_t* counter, const std::uint32_t* key, std::uint32_t* word) {
  const Philox random({counter[0], counter[1], counter[2], counter[3]}, {key[0], key[1]});
  for (int i = 0; i < 4; ++i) word[i] = random.word[i];
}

}  // namespace

extern const IsaFunctions<T> TG_JOIN(functions_, TG_T);
const IsaFunctions<T> TG_JOIN(functions_, TG_T) = {L,    exps,      sigmoids,   tanhs, log1ps,
                                                   fmas, copy_part, transposes, halve, philox, dropout<T>};

}  // namespace tg::TG_ISA
