// Random numbers from a counter: the same place in a network gets the same number, whatever the threads or the order.
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).
#pragma once

#include "simd.h"

namespace tg::TG_ISA {

// Of 8 counters that follow each other in their first number: word[4 * k + j] is word j of the k-th.
struct Philox {
  static constexpr int counters = 8, words = 4 * counters;
  std::uint32_t word[words];

  Philox(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2]) {
    typedef std::uint64_t Lanes __attribute__((vector_size(8 * counters)));  // of numbers below 2^32: products fit
    constexpr std::uint64_t low = 0xFFFFFFFFu;
    Lanes c0, c1 = Lanes{} + counter[1], c2 = Lanes{} + counter[2], c3 = Lanes{} + counter[3];
    for (int k = 0; k < counters; ++k) c0[k] = counter[0] + std::uint32_t(k);
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      const Lanes a = c0 * 0xD2511F53u, b = c2 * 0xCD9E8D57u;
      c0 = b >> 32 ^ c1 ^ k0;
      c1 = b & low;
      c2 = a >> 32 ^ c3 ^ k1;
      c3 = a & low;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (int k = 0; k < counters; ++k) {
      word[4 * k] = std::uint32_t(c0[k]);
      word[4 * k + 1] = std::uint32_t(c1[k]);
      word[4 * k + 2] = std::uint32_t(c2[k]);
      word[4 * k + 3] = std::uint32_t(c3[k]);
    }
  }
};

// out[i] = in[i] / (1 - rate) where unit i is kept, else 0, for the n units of one (layer, sequence, time). out may be in.
// Unit i is kept if word i % 4 of Philox(counter (i / 4, time, sequence, layer), key (seed, step)) is at least
// rate * 2^32; seed and step go into the key by their lower halves xor their upper halves turned by 16 bits.
template <class T>
inline void dropout(T* out, const T* in, i64 n, double rate, std::uint64_t seed, std::uint64_t step, std::uint32_t layer,
                    std::uint32_t sequence, std::uint32_t time) {
  auto fold = [](std::uint64_t x) {
    const std::uint32_t high = std::uint32_t(x >> 32);
    return std::uint32_t(x) ^ (high << 16 | high >> 16);
  };
  const std::uint32_t key[2] = {fold(seed), fold(step)};
  const std::uint32_t limit = std::uint32_t(rate * 4294967296.0);
  const T scale = T(1.0 / (1.0 - rate));
  for (i64 i = 0; i < n; i += Philox::words) {
    const Philox random({std::uint32_t(i / 4), time, sequence, layer}, key);
    const i64 count = smaller(Philox::words, n - i);
    for (i64 j = 0; j < count; ++j) out[i + j] = random.word[j] >= limit ? in[i + j] * scale : T(0);
  }
}

}  // namespace tg::TG_ISA
