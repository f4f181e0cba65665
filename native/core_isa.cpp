// The core for one instruction set (TG_ISA) and one number type (TG_T); compiled once for each pair.
#include "network.h"

#define TG_JOIN2(a, b) a##b
#define TG_JOIN(a, b) TG_JOIN2(a, b)

namespace tg::TG_ISA {

Network<TG_T>* TG_JOIN(new_network_, TG_T)(const NetworkDesc& desc) { return new NetworkOf<TG_T>(desc); }

// Independent chains of multiply-adds that never leave the registers: as fast as this core can go.
double TG_JOIN(fma_flops_, TG_T)(i64 rounds) {
  constexpr int chains = tile_accumulators;
  Vec<TG_T> acc[chains];
#pragma GCC unroll 24
  for (int i = 0; i < chains; ++i) acc[i] = set1<TG_T>(TG_T(i));
  Vec<TG_T> a = set1<TG_T>(TG_T(0.999)), b = set1<TG_T>(TG_T(1e-3));
  for (i64 r = 0; r < rounds; ++r) {
    __asm__ volatile("" : : : "memory");
#pragma GCC unroll 24
    for (int i = 0; i < chains; ++i) acc[i] = fma(acc[i], a, b);
  }
  volatile TG_T keep = 0;
#pragma GCC unroll 24
  for (int i = 0; i < chains; ++i) keep = keep + sum_lanes<TG_T>(acc[i]);
  return 2.0 * chains * Simd<TG_T>::lanes * double(rounds);
}

extern const char* const TG_JOIN(cell_names_, TG_T)[];
#define TG_NAME(name, Cell) name,
const char* const TG_JOIN(cell_names_, TG_T)[] = {TG_CELLS(TG_NAME)};
#undef TG_NAME
extern const int TG_JOIN(cell_count_, TG_T);
const int TG_JOIN(cell_count_, TG_T) = sizeof(TG_JOIN(cell_names_, TG_T)) / sizeof(const char*);

}  // namespace tg::TG_ISA
