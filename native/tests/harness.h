// A small test harness. TEST(name) { ... } registers a test, the CHECKs print expression and values where they fail and
// go on, and run() is all of a main.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

namespace harness {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test> tests;           // in the order of their files and lines
inline std::vector<std::string> scopes;   // what the running test is at
inline int failures = 0;                  // of the running test

struct Registration {
  Registration(const char* name, void (*body)()) { tests.push_back({name, body}); }
};

// While it lives, its text is printed with every failure: the case of a test that loops over cases.
struct Scope {
  explicit Scope(std::string text) { scopes.push_back(std::move(text)); }
  ~Scope() { scopes.pop_back(); }
};

template <class V>
std::string text(const V& value) {
  std::ostringstream out;
  out.precision(17);
  out << value;
  return out.str();
}

constexpr int most_printed = 10;  // of one test

inline void fail(const char* file, int line, const std::string& what) {
  if (++failures > most_printed) return;
  std::printf("%s:%d: %s\n", file, line, what.c_str());
  for (const std::string& scope : scopes) std::printf("    in %s\n", scope.c_str());
}

template <class A, class B>
void check_equal(const char* file, int line, const char* expression, const A& a, const B& b) {
  if (!(a == b)) fail(file, line, std::string(expression) + ": " + text(a) + " is not " + text(b));
}

// |a - b| <= tolerance; a NaN is never near.
inline void check_near(const char* file, int line, const char* expression, double a, double b, double tolerance) {
  if (!(std::fabs(a - b) <= tolerance))
    fail(file, line, std::string(expression) + ": " + text(a) + " is not within " + text(tolerance) + " of " + text(b));
}

// The same bits, value by value; the first that differs is printed.
template <class T>
void check_bits(const char* file, int line, const char* expression, const std::vector<T>& a, const std::vector<T>& b) {
  check_equal(file, line, (std::string("sizes of ") + expression).c_str(), a.size(), b.size());
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0)
      return fail(file, line,
                  std::string(expression) + ": at " + text(i) + ", " + text(a[i]) + " is not " + text(b[i]));
}

// Runs the tests whose name contains one of the arguments, or all. Returns what main() returns.
inline int run(int count, char** arguments) {
  int ran = 0, failed = 0;
  for (const Test& test : tests) {
    bool wanted = count < 2;
    for (int i = 1; i < count; ++i) wanted |= std::strstr(test.name, arguments[i]) != nullptr;
    if (!wanted) continue;
    failures = 0;
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, std::string("threw ") + error.what());
    }
    std::printf("%s %s\n", failures == 0 ? "ok    " : "FAILED", test.name);
    ++ran;
    failed += failures != 0;
  }
  std::printf("%d tests, %d failed\n", ran, failed);
  return ran == 0 || failed != 0;
}

}  // namespace harness

#define TEST(name)                                            \
  static void name();                                         \
  static harness::Registration registration_##name(#name, name); \
  static void name()
#define CHECK(condition) \
  do {                   \
    if (!(condition)) harness::fail(__FILE__, __LINE__, #condition " does not hold"); \
  } while (false)
#define CHECK_EQUAL(a, b) harness::check_equal(__FILE__, __LINE__, #a " == " #b, a, b)
#define CHECK_NEAR(a, b, tolerance) harness::check_near(__FILE__, __LINE__, #a " ~ " #b, a, b, tolerance)
#define CHECK_BITS(a, b) harness::check_bits(__FILE__, __LINE__, #a " == " #b, a, b)
