// Runs the tests on the instruction set that TIDEGATE_ISA names, or returns 77 (skipped) where this processor lacks it.
#include <cstdlib>

#include "core.h"
#include "harness.h"

int main(int count, char** arguments) {
  const char* wanted = std::getenv("TIDEGATE_ISA");
  for (int i = 0; wanted != nullptr && i < tg::core_count(); ++i)
    if (std::strcmp(wanted, tg::core_name(i)) == 0 && !tg::core_runs_here(i)) {
      std::printf("this processor does not run %s\n", wanted);
      return 77;
    }
  std::printf("instruction set %s\n", tg::core().isa);
  return harness::run(count, arguments);
}
