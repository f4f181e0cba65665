// Random numbers from a counter: the same place in a network gets the same number, whatever the threads or the order.
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).
#pragma once

#include "simd.h"

namespace tg::TG_ISA {

struct Philox {
  std::uint32_t word[4];

  static Philox at(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2]) {
    std::uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t(0xD2511F53u) * c0, b = std::uint64_t(0xCD9E8D57u) * c2;
      c0 = std::uint32_t(b >> 32) ^ c1 ^ k0;
      c1 = std::uint32_t(b);
      c2 = std::uint32_t(a >> 32) ^ c3 ^ k1;
      c3 = std::uint32_t(a);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
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
  const std::uint64_t limit = std::uint64_t(rate * 4294967296.0);
  const T scale = T(1.0 / (1.0 - rate));
  for (i64 i = 0; i < n; i += 4) {
    const Philox random = Philox::at({std::uint32_t(i / 4), time, sequence, layer}, key);
    for (i64 j = 0; j < 4 && i + j < n; ++j) out[i + j] = random.word[j] >= limit ? in[i + j] * scale : T(0);
  }
}

}  // namespace tg::TG_ISA
