// random.h: Philox4x32-10 against the known answers of its authors, dropout against its definition.
#include <algorithm>
#include <array>

#include "harness.h"
#include "isa_functions.h"

using tg::i64;
using tg::isa_functions;

namespace {

using Words = std::vector<std::uint32_t>;

template <class T>
Words philox(const Words& counter, const Words& key) {
  Words word(4);
  isa_functions<T>().philox(counter.data(), key.data(), word.data());
  return word;
}

struct Place {
  std::uint64_t seed = 5, step = 3;
  std::uint32_t layer = 1, sequence = 4, time = 9;
};

template <class T>
std::vector<T> dropped(i64 n, double rate, const Place& at) {
  std::vector<T> row(n, T(1));
  isa_functions<T>().dropout(row.data(), row.data(), n, rate, at.seed, at.step, at.layer, at.sequence, at.time);
  return row;
}

template <class T>
void check_dropout(double rate) {
  harness::Scope scope("rate " + harness::text(rate) + (sizeof(T) == 4 ? ", float" : ", double"));
  const Place at;
  for (i64 n : {1, 3, 4, 5, 64, 103}) {
    std::vector<T> in(static_cast<std::size_t>(n)), out(in.size(), T(-9)), expected(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      in[i] = T(i) - T(2.5);
      const Words word = philox<T>({std::uint32_t(i / 4), at.time, at.sequence, at.layer}, {5, 3});
      expected[i] = double(word[i % 4]) >= rate * 4294967296.0 ? in[i] * T(1.0 / (1.0 - rate)) : T(0);
    }
    isa_functions<T>().dropout(out.data(), in.data(), n, rate, at.seed, at.step, at.layer, at.sequence, at.time);
    CHECK_BITS(out, expected);
    isa_functions<T>().dropout(in.data(), in.data(), n, rate, at.seed, at.step, at.layer, at.sequence, at.time);
    CHECK_BITS(in, expected);
  }
}

}  // namespace

// kat_vectors of Random123 (Salmon et al.), the three lines "philox4x32 10".
TEST(random_philox_gives_its_known_answers) {
  const std::uint32_t ones = 0xffffffff;
  CHECK_BITS(philox<float>({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  CHECK_BITS(philox<float>({ones, ones, ones, ones}, {ones, ones}),
             (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK_BITS(philox<double>({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
             (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(random_dropout_follows_its_definition) {
  for (double rate : {0.0, 0.2, 0.5, 0.9}) {
    check_dropout<float>(rate);
    check_dropout<double>(rate);
  }
}

// 8,000 units: the share kept has a standard deviation of 0.0051 at most; 5 of them are let pass.
TEST(random_dropout_keeps_its_share) {
  for (double rate : {0.1, 0.5, 0.8}) {
    const std::vector<float> row = dropped<float>(8000, rate, Place{});
    CHECK_NEAR(double(std::count(row.begin(), row.end(), 0.0f)) / 8000, rate, 0.0256);
  }
}

TEST(random_dropout_differs_from_place_to_place) {
  const Place at;
  std::vector<Place> others(7, at);
  others[0].seed = 6;
  others[1].seed = at.seed + (std::uint64_t(1) << 40);
  others[2].step = 4;
  others[3].step = at.step + (std::uint64_t(1) << 32);
  others[4].layer = 2;
  others[5].sequence = 5;
  others[6].time = 10;
  const std::vector<float> row = dropped<float>(64, 0.5, at);
  for (std::size_t i = 0; i < others.size(); ++i) {
    harness::Scope scope("other " + harness::text(i));
    CHECK(dropped<float>(64, 0.5, others[i]) != row);
  }
  CHECK_BITS(dropped<float>(64, 0.5, at), row);
}
