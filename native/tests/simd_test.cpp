// simd.h: exp, sigmoid, tanh and log(1 + x) to 2 ulp over their whole range, held against libm in the next wider type.
#include <algorithm>
#include <limits>

#include "harness.h"
#include "isa_functions.h"

using tg::i64;
using tg::isa_functions;

namespace {

// float is held against double, double against long double (64 or more bits of mantissa).
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;
template <class T>
using Limits = std::numeric_limits<T>;

// Numbers between 2^-40 and `most` of both signs, as many in each binade; zero, and a fine even grid up to `most`.
template <class T>
std::vector<T> samples(T most) {
  std::vector<T> x = {T(0)};
  const int per_binade = 2048;
  for (T low = T(std::ldexp(1.0, -40)); low < most; low *= 2)
    for (int i = 0; i < per_binade; ++i) x.push_back(std::min(most, low * (T(1) + (T(i) + T(0.37)) / T(per_binade))));
  for (int i = 1; i < 200000; ++i) x.push_back(most * T(i) / T(200000));
  for (T edge : {Limits<T>::min(), Limits<T>::epsilon(), most}) x.push_back(edge);
  const std::size_t positive = x.size();
  for (std::size_t i = 0; i < positive; ++i) x.push_back(-x[i]);
  return x;
}

template <class T>
std::vector<T> apply(void (*function)(const T*, T*, i64), std::vector<T> x) {
  const std::size_t count = x.size();
  x.resize(tg::round_up(i64(count), 2 * isa_functions<T>().lanes));
  std::vector<T> y(x.size());
  function(x.data(), y.data(), i64(x.size()));
  y.resize(count);
  return y;
}

// How many numbers of type T lie from y to the correctly rounded exact value: the ulp in which libraries state errors.
template <class T>
int ulps(T y, Wide<T> exact) {
  T x = T(exact);
  int count = 0;
  for (; x != y && count < 1000; ++count) x = std::nextafter(x, y);
  return count;
}

template <class T>
void check_ulps(const char* name, void (*function)(const T*, T*, i64), Wide<T> (*exact)(Wide<T>), T low, T high) {
  harness::Scope scope(std::string(name) + (sizeof(T) == 4 ? " of float" : " of double"));
  std::vector<T> x;
  for (T value : samples<T>(std::max(-low, high)))
    if (value >= low && value <= high) x.push_back(value);
  const std::vector<T> y = apply(function, x);
  int worst = 0;
  T at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int error = ulps<T>(y[i], exact(x[i]));
    if (error > worst) worst = error, at = x[i];
  }
  harness::Scope where("x = " + harness::text(at));
  CHECK_NEAR(worst, 0, 2);
}

template <class T>
Wide<T> exact_exp(Wide<T> x) {
  return std::exp(x);
}
template <class T>
Wide<T> exact_sigmoid(Wide<T> x) {
  return 1 / (1 + std::exp(-x));
}
template <class T>
Wide<T> exact_tanh(Wide<T> x) {
  return std::tanh(x);
}
template <class T>
Wide<T> exact_log1p(Wide<T> x) {
  return std::log1p(x);
}

// The lowest x whose e^x is a normal number, and the highest whose e^x is finite, rounded into that range.
template <class T>
T lowest() {
  return T(std::log(Wide<T>(Limits<T>::min()))) * (T(1) - Limits<T>::epsilon());
}
template <class T>
T highest() {
  return T(std::log(Wide<T>(Limits<T>::max()))) * (T(1) - Limits<T>::epsilon());
}

template <class T>
void check_edges() {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const auto& f = isa_functions<T>();
  const T inf = Limits<T>::infinity(), nan = Limits<T>::quiet_NaN(), large = Limits<T>::max();
  const T past = highest<T>() * T(1.001), below = lowest<T>() * T(1.01);
  CHECK_BITS(apply(f.exp, {T(0), -T(0), past, large, inf, below, -large, -inf}),
             (std::vector<T>{1, 1, inf, inf, inf, 0, 0, 0}));
  CHECK_BITS(apply(f.sigmoid, {T(0), -T(0), past, large, inf}), (std::vector<T>{T(0.5), T(0.5), 1, 1, 1}));
  for (T y : apply(f.sigmoid, {below, -large, -inf})) CHECK(y >= 0 && y < Limits<T>::min());
  CHECK(apply(f.tanh, {T(0), -T(0), past, large, inf, -past, -large, -inf}) ==
        (std::vector<T>{0, 0, 1, 1, 1, -1, -1, -1}));
  for (auto function : {f.exp, f.sigmoid, f.tanh})
    for (T y : apply(function, {nan, -nan})) CHECK(y != y);
}

template <class T>
void check_fma() {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const auto& f = isa_functions<T>();
  // (1 + e)(1 - e) - 1 = -e^2, which an unfused product rounds away.
  const T e = Limits<T>::epsilon();
  const std::size_t n = std::size_t(f.lanes);
  std::vector<T> a(n, 1 + e), b(n, 1 - e), c(n, -1), y(n);
  f.fma(a.data(), b.data(), c.data(), y.data(), i64(n));
  const bool fused = y[0] == -e * e;
  for (T value : y) CHECK_EQUAL(value, fused ? -e * e : T(0));
  a.assign(n, 3), b.assign(n, 5), c.assign(n, 7);
  f.fma(a.data(), b.data(), c.data(), y.data(), i64(n));
  for (T value : y) CHECK_EQUAL(value, T(22));
}

// Arrays of exactly n values: an address sanitizer sees whoever leaves them.
template <class T>
void check_parts() {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const auto& f = isa_functions<T>();
  for (int n = 0; n < f.lanes; ++n) {
    std::vector<T> x, y(n, T(-1)), lanes(f.lanes, T(-1));
    for (int i = 0; i < n; ++i) x.push_back(T(i + 1));
    f.copy_part(x.data(), y.data(), lanes.data(), n);
    CHECK_BITS(y, x);
    x.resize(lanes.size(), T(0));
    CHECK_BITS(lanes, x);
  }
}

template <class T>
void check_transpose() {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const auto& f = isa_functions<T>();
  const i64 n = f.lanes, from_stride = n + 3, to_stride = n + 1;
  std::vector<T> x(std::size_t(n * from_stride)), y(std::size_t(n * to_stride), T(-1)), expected = y;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = T(i);
  for (i64 i = 0; i < n; ++i)
    for (i64 j = 0; j < n; ++j) expected[std::size_t(j * to_stride + i)] = x[std::size_t(i * from_stride + j)];
  f.transpose(x.data(), from_stride, y.data(), to_stride);
  CHECK_BITS(y, expected);
}

template <class T>
void check_flush() {
  harness::Scope scope(sizeof(T) == 4 ? "float" : "double");
  const T least = Limits<T>::min();
  T flushed = -1, kept = -1;
  isa_functions<T>().halve(&least, &flushed, &kept);
  // As bits: to a processor that still flushes, both are equal.
  CHECK_BITS(std::vector<T>{flushed}, std::vector<T>{0});
  CHECK_BITS(std::vector<T>{kept}, std::vector<T>{Limits<T>::denorm_min() * (T(1) / Limits<T>::epsilon() / 2)});
}

}  // namespace

TEST(simd_exp_is_within_2_ulp) {
  check_ulps<float>("exp", isa_functions<float>().exp, exact_exp<float>, lowest<float>(), highest<float>());
  check_ulps<double>("exp", isa_functions<double>().exp, exact_exp<double>, lowest<double>(), highest<double>());
}

TEST(simd_sigmoid_is_within_2_ulp) {
  const float inf = Limits<float>::max();
  check_ulps<float>("sigmoid", isa_functions<float>().sigmoid, exact_sigmoid<float>, lowest<float>(), inf);
  check_ulps<double>("sigmoid", isa_functions<double>().sigmoid, exact_sigmoid<double>, lowest<double>(), 1e6);
}

TEST(simd_tanh_is_within_2_ulp) {
  check_ulps<float>("tanh", isa_functions<float>().tanh, exact_tanh<float>, -1e3f, 1e3f);
  check_ulps<double>("tanh", isa_functions<double>().tanh, exact_tanh<double>, -1e3, 1e3);
}

TEST(log1p_is_exact_to_2_ulp) {
  check_ulps<float>("log1p", isa_functions<float>().log1p, exact_log1p<float>, 0.0f, 1.0f);
  check_ulps<double>("log1p", isa_functions<double>().log1p, exact_log1p<double>, 0.0, 1.0);
}

TEST(transposes) {
  check_transpose<float>();
  check_transpose<double>();
}

TEST(simd_functions_reach_their_limits_and_keep_nan) {
  check_edges<float>();
  check_edges<double>();
}

TEST(simd_fma_is_the_same_in_every_lane) {
  check_fma<float>();
  check_fma<double>();
}

TEST(simd_parts_leave_no_array) {
  check_parts<float>();
  check_parts<double>();
}

TEST(simd_subnormals_are_flushed_inside_and_kept_outside) {
  check_flush<float>();
  check_flush<double>();
}
