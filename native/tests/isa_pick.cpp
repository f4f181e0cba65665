// The functions of the instruction set that core() has chosen.
#include <stdexcept>
#include <string>

#include "core.h"
#include "isa_functions.h"

#define TG_DECLARE(isa)                                \
  namespace tg::isa {                                  \
  extern const IsaFunctions<float> functions_float;    \
  extern const IsaFunctions<double> functions_double;  \
  }
#define TG_PICK(isa) \
  if (name == #isa) return pick<T>(isa::functions_float, isa::functions_double);

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

template <class T>
const IsaFunctions<T>& pick(const IsaFunctions<float>& of_float, const IsaFunctions<double>& of_double) {
  if constexpr (sizeof(T) == sizeof(float))
    return of_float;
  else
    return of_double;
}

}  // namespace

template <class T>
const IsaFunctions<T>& isa_functions() {
  const std::string name = core().isa;
#ifdef TG_HAVE_BASELINE
  TG_PICK(baseline)
#endif
#ifdef TG_HAVE_AVX2
  TG_PICK(avx2)
#endif
#ifdef TG_HAVE_AVX512
  TG_PICK(avx512)
#endif
#ifdef TG_HAVE_NEON
  TG_PICK(neon)
#endif
  throw std::runtime_error("isa_pick.cpp does not list " + name);
}

template const IsaFunctions<float>& isa_functions<float>();
template const IsaFunctions<double>& isa_functions<double>();

}  // namespace tg
