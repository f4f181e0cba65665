// Prints what a process finds at its start: the number of threads and the instruction set, or why there is none.
#include <sched.h>

#include <cstdio>
#include <exception>

#include "core.h"
#include "threads.h"

int main() {
  int processors = 0;
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) processors = CPU_COUNT(&set);
#endif
  std::printf("threads %d%s\n", tg::threads(), tg::threads() == processors ? " as processors" : "");
  try {
    std::printf("isa %s\n", tg::core().isa);
  } catch (const std::exception& error) {
    std::printf("error %s\n", error.what());
  }
}
