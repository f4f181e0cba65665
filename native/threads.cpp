#include "threads.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace tg {

namespace {

int default_threads() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    char* end = nullptr;
    const long count = std::strtol(text, &end, 10);
    if (end != text && count >= 1 && count <= 4096) return int(count);
  }
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? int(count) : 1;
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// How long a worker looks for the next job before it sleeps: the calls of a training step follow each other closely.
constexpr std::chrono::microseconds patience{50};

thread_local bool inside = false;  // this thread runs a task, or hands out tasks

class Pool {
 public:
  ~Pool() { resize(1); }

  // For the owner of the pool only.
  void run(i64 tasks, void (*task)(void*, i64), void* context, int count) {
    resize(count);
    task_ = task;
    context_ = context;
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    working_.store(int(workers_.size()), std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    take_tasks();
    // A worker that has lost its processor to another program gets this one.
    for (int spins = 0; working_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < 4096)
        pause();
      else
        std::this_thread::yield();
    }
  }

 private:
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<std::uint64_t> job_{0};
  std::atomic<i64> next_{0};
  std::atomic<int> working_{0};
  bool stop_ = false;  // read by workers after a change of job_
  void (*task_)(void*, i64) = nullptr;
  void* context_ = nullptr;
  i64 tasks_ = 0;

  void take_tasks() {
    for (i64 i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;) task_(context_, i);
  }

  void resize(int count) {
    if (int(workers_.size()) == count - 1) return;
    stop_ = true;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stop_ = false;
    const std::uint64_t seen = job_.load(std::memory_order_relaxed);
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, seen] { work(seen); });
  }

  void work(std::uint64_t seen) {
    inside = true;
    while (true) {
      seen = wait(seen);
      if (stop_) return;
      take_tasks();
      working_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::uint64_t wait(std::uint64_t seen) {
    const auto begin = std::chrono::steady_clock::now();
    do {
      for (int i = 0; i < 64; ++i) {
        const std::uint64_t now = job_.load(std::memory_order_acquire);
        if (now != seen) return now;
        pause();
      }
    } while (std::chrono::steady_clock::now() - begin < patience);
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [&] { return job_.load(std::memory_order_acquire) != seen; });
    return job_.load(std::memory_order_acquire);
  }
};

std::atomic<int> count_{0};
std::atomic<bool> taken{false};  // a thread runs a job on the pool
Pool* pool = nullptr;            // guarded by `taken`; never freed while workers may run

// The child of a fork has none of the workers, and perhaps a lock that one of them held: it leaves the old pool where it
// is and begins anew.
void after_fork() {
  pool = nullptr;
  taken.store(false, std::memory_order_relaxed);
  inside = false;
}

// Joins the workers before the process takes its memory apart.
struct AtExit {
  ~AtExit() {
    if (!taken.exchange(true, std::memory_order_acquire)) {
      delete pool;
      pool = nullptr;
    }
  }
};

Pool& the_pool() {
  static const int registered = pthread_atfork(nullptr, nullptr, after_fork);
  static const AtExit at_exit;
  (void)registered;
  (void)at_exit;
  if (pool == nullptr) pool = new Pool;
  return *pool;
}

}  // namespace

int threads() {
  int count = count_.load(std::memory_order_relaxed);
  if (count == 0) {
    count = default_threads();
    count_.store(count, std::memory_order_relaxed);
  }
  return count;
}

void set_threads(int count) { count_.store(count < 1 ? 1 : count, std::memory_order_relaxed); }

void run_parallel(i64 tasks, void (*task)(void*, i64), void* context) {
  const int count = threads();
  if (count > 1 && !inside && !taken.exchange(true, std::memory_order_acquire)) {
    inside = true;
    the_pool().run(tasks, task, context, count);
    inside = false;
    taken.store(false, std::memory_order_release);
    return;
  }
  for (i64 i = 0; i < tasks; ++i) task(context, i);
}

}  // namespace tg
