// A pool of workers. Tasks are handed out one by one, so a result must not depend on which worker ran what.
// Compiled once. Threads of the caller's own may call at the same time: one gets the workers, others run alone.
#pragma once

#include <mutex>
#include <type_traits>

#include "dims.h"

namespace tg {

// Threads that parallel() uses, the caller included. At first: OMP_NUM_THREADS if it is a number from 1 up, else the
// processors that this process may run on.
int threads();
void set_threads(int count);

// Calls task(context, i) for every i in [0, tasks) and returns when all are done. A call from inside a task runs inline.
// After a fork the child starts workers of its own when it first needs them. Where the system refuses a thread, those that
// there are do the work.
void run_parallel(i64 tasks, void (*task)(void* context, i64 index), void* context);

template <class Body>
inline void parallel(i64 tasks, Body&& body) {
  auto call = [](void* context, i64 index) { (*static_cast<std::remove_reference_t<Body>*>(context))(index); };
  if (tasks == 1)
    body(i64(0));
  else if (tasks > 1)
    run_parallel(tasks, call, const_cast<void*>(static_cast<const void*>(&body)));
}

// A call into the core, while it lives: of those that share `busy` one at a time. A fork waits until the calls of all threads
// are over, so that a child never finds half of one, and the lock of a thread that it does not have. Not for a call inside
// another one.
class Call {
 public:
  explicit Call(std::mutex& busy);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::mutex& busy_;
};

}  // namespace tg
