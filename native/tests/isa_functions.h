// What the tests call of the headers that are compiled once for each instruction set and number type.
#pragma once

#include "dims.h"

namespace tg {

template <class T>
struct IsaFunctions {
  int lanes;
  // y[i] = f(x[i]), n a multiple of 2 lanes
  void (*exp)(const T* x, T* y, i64 n);
  void (*sigmoid)(const T* x, T* y, i64 n);
  void (*tanh)(const T* x, T* y, i64 n);
  void (*log1p)(const T* x, T* y, i64 n);
  // y[i] = a[i] b[i] + c[i], n a multiple of lanes
  void (*fma)(const T* a, const T* b, const T* c, T* y, i64 n);
  void (*copy_part)(const T* x, T* y, T* lanes, i64 n);  // n < lanes, through load_part and store_part; lanes: all
  void (*transpose)(const T* x, i64 from, T* y, i64 to);  // lanes x lanes numbers, in rows that lie so far apart
  void (*halve)(const T* x, T* flushed, T* kept);        // x / 2 while a FlushSubnormals lives, and after it
  void (*philox)(const std::uint32_t* counter, const std::uint32_t* key, std::uint32_t* word);
  void (*dropout)(T* out, const T* in, i64 n, double rate, std::uint64_t seed, std::uint64_t step, std::uint32_t layer,
                  std::uint32_t sequence, std::uint32_t time);
};

// Those of the instruction set that core() has chosen.
template <class T>
const IsaFunctions<T>& isa_functions();

}  // namespace tg
