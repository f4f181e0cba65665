// Picks the core at run time: the best instruction set that this processor has, or the one that TIDEGATE_ISA names.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "core.h"

#define TG_DECLARE(isa)                                     \
  namespace tg::isa {                                       \
  Network<float>* new_network_float(const NetworkDesc&);    \
  Network<double>* new_network_double(const NetworkDesc&);  \
  double fma_flops_float(i64);                              \
  extern const char* const cell_names_float[];              \
  extern const int cell_count_float;                        \
  }
#define TG_CORE(isa) \
  {#isa, isa::cell_names_float, isa::cell_count_float, isa::new_network_float, isa::new_network_double, isa::fma_flops_float}

#ifdef TG_HAVE_BASELINE
TG_DECLARE(baseline)
#endif
#ifdef TG_HAVE_AVX2
TG_DECLARE(avx2)
#endif
#ifdef TG_HAVE_AVX512
TG_DECLARE(avx512)
#endif
#ifdef TG_HAVE_NEON
TG_DECLARE(neon)
#endif

namespace tg {

namespace {

struct Choice {
  Core core;
  bool runs;
};

const Choice* choices(int& count) {
  static const Choice all[] = {
#ifdef TG_HAVE_BASELINE
      {TG_CORE(baseline), true},
#endif
#ifdef TG_HAVE_NEON
      {TG_CORE(neon), true},
#endif
#ifdef TG_HAVE_AVX2
      {TG_CORE(avx2), bool(__builtin_cpu_supports("avx2")) && bool(__builtin_cpu_supports("fma"))},
#endif
#ifdef TG_HAVE_AVX512
      {TG_CORE(avx512), bool(__builtin_cpu_supports("avx512f")) && bool(__builtin_cpu_supports("avx512dq")) &&
                            bool(__builtin_cpu_supports("avx512bw")) && bool(__builtin_cpu_supports("avx512vl")) &&
                            bool(__builtin_cpu_supports("fma"))},
#endif
  };
  count = int(sizeof(all) / sizeof(all[0]));
  return all;
}

const Core& choose() {
  int count = 0;
  const Choice* all = choices(count);
  const char* wanted = std::getenv("TIDEGATE_ISA");
  std::string names;
  for (int i = count - 1; i >= 0; --i) {
    if (all[i].runs) names += (names.empty() ? "" : ", ") + std::string(all[i].core.isa);
    if (wanted == nullptr || *wanted == 0) {
      if (all[i].runs) return all[i].core;
    } else if (std::string(wanted) == all[i].core.isa && all[i].runs) {
      return all[i].core;
    }
  }
  throw std::runtime_error("TIDEGATE_ISA is '" + std::string(wanted == nullptr ? "" : wanted) +
                           "', which this processor or build cannot run; set it to one of " + names + ", or unset it");
}

}  // namespace

const Core& core() {
  static const Core& chosen = choose();
  return chosen;
}

int core_count() {
  int count = 0;
  choices(count);
  return count;
}
const char* core_name(int i) {
  int count = 0;
  return choices(count)[i].core.isa;
}
bool core_runs_here(int i) {
  int count = 0;
  return choices(count)[i].runs;
}

}  // namespace tg
