#include "threads.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <system_error>
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
constexpr std::chrono::microseconds patience{200};

thread_local bool inside = false;  // this thread runs a task, or hands out tasks

// A job is over when its tasks are done, not when every worker has seen it: one that sleeps is waited for by nobody, and
// finds a later job when it wakes. So tasks are handed out by tickets that name their job: who is late gets none.
// Each thread has a share of neighbouring tasks and takes from the others' when its own is handed out: so in jobs that follow
// each other the same thread is mostly given the same part of the data.
class Pool {
 public:
  Pool() : shares_(new Share[1]) {}
  ~Pool() { resize(1); }

  // For the owner of the pool only.
  void run(i64 tasks, void (*task)(void*, i64), void* context, int count) {
    resize(count);
    task_.store(task, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    announce(tasks);
    take_tasks(job_, 0);
    // A worker that has lost its processor to another program gets this one.
    for (int spins = 0; left_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < 4096)
        pause();
      else
        std::this_thread::yield();
    }
  }

 private:
  using Ticket = std::uint64_t;  // job << 32 | tasks of the share that are not handed out
  struct alignas(64) Share {
    std::atomic<Ticket> ticket{0};
  };

  std::vector<std::thread> workers_;
  int count_ = 1;                    // threads asked for
  std::unique_ptr<Share[]> shares_;  // [count_] the owner's, then each worker's
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stop_{false};
  std::uint32_t job_ = 0;      // the owner's
  std::atomic<i64> left_{0};  // tasks of this job that are not done
  // Written between jobs. While a task is not handed out its job goes on: so who gets it has read what belongs to it. Who
  // is late may read what is being written for the next job, but gets no task.
  std::atomic<i64> tasks_{0};
  std::atomic<void (*)(void*, i64)> task_{nullptr};
  std::atomic<void*> context_{nullptr};

  static std::uint32_t job_of(Ticket ticket) { return std::uint32_t(ticket >> 32); }
  i64 first_of(int share, i64 tasks) const { return share * tasks / count_; }

  void announce(i64 tasks) {
    tasks_.store(tasks, std::memory_order_relaxed);
    left_.store(tasks, std::memory_order_relaxed);
    ++job_;
    for (int i = 0; i < count_; ++i)
      shares_[i].ticket.store(Ticket(job_) << 32 | Ticket(first_of(i + 1, tasks) - first_of(i, tasks)));
    // In one order with the tickets: a worker that this does not see has yet to look at its ticket before it sleeps.
    if (sleeping_.load() == 0) return;
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }

  // Of a share, and then of those that follow it.
  void take_tasks(std::uint32_t job, int own) {
    for (int i = 0; i < count_; ++i) take_share(job, (own + i) % count_);
  }

  void take_share(std::uint32_t job, int share) {
    std::atomic<Ticket>& next = shares_[share].ticket;
    Ticket ticket = next.load(std::memory_order_acquire);
    while (job_of(ticket) == job) {
      const i64 waiting = i64(ticket & 0xffffffffu), end = first_of(share + 1, tasks_.load(std::memory_order_relaxed));
      auto* const task = task_.load(std::memory_order_relaxed);
      void* const context = context_.load(std::memory_order_relaxed);
      if (waiting == 0) return;
      if (!next.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acquire)) continue;
      task(context, end - waiting);
      left_.fetch_sub(1, std::memory_order_release);
      ticket = next.load(std::memory_order_acquire);
    }
  }

  void resize(int count) {
    if (count_ == count) return;
    stop_.store(true, std::memory_order_relaxed);
    announce(0);
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stop_.store(false, std::memory_order_relaxed);
    count_ = count;
    shares_.reset(new Share[std::size_t(count)]);
    try {
      for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) {  // no more threads than these
    }
  }

  void work(int own) {
    inside = true;
    for (std::uint32_t seen = 0;;) {  // a share's first ticket is of no job
      seen = wait(shares_[own].ticket, seen);
      if (stop_.load(std::memory_order_relaxed)) return;
      take_tasks(seen, own);
    }
  }

  // The job that follows the one seen.
  std::uint32_t wait(const std::atomic<Ticket>& ticket, std::uint32_t seen) {
    const auto begin = std::chrono::steady_clock::now();
    do {
      for (int i = 0; i < 64; ++i) {
        const std::uint32_t now = job_of(ticket.load(std::memory_order_acquire));
        if (now != seen) return now;
        pause();
      }
    } while (std::chrono::steady_clock::now() - begin < patience);
    std::unique_lock<std::mutex> lock(mutex_);
    sleeping_.fetch_add(1);
    wake_.wait(lock, [&] { return job_of(ticket.load()) != seen; });
    sleeping_.fetch_sub(1, std::memory_order_relaxed);
    return job_of(ticket.load(std::memory_order_acquire));
  }
};

std::atomic<int> count_{0};
std::atomic<bool> taken{false};  // a thread runs a job on the pool
Pool* pool = nullptr;            // guarded by `taken`; never freed while workers may run

std::atomic<int> calls{0};          // into the core that go on
std::atomic<bool> forking{false};  // none may begin

void before_fork() {
  while (forking.exchange(true)) std::this_thread::yield();
  while (calls.load() != 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

void after_fork() { forking.store(false); }

// The child has none of the workers, and perhaps a lock that one of them held: it leaves the old pool where it is and begins
// anew.
void after_fork_in_child() {
  pool = nullptr;
  taken.store(false, std::memory_order_relaxed);
  inside = false;
  calls.store(0);  // of threads that were about to wait
  forking.store(false);
}

void know_forks() {
  static const int registered = pthread_atfork(before_fork, after_fork, after_fork_in_child);
  (void)registered;
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
  know_forks();
  static const AtExit at_exit;
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

Call::Call(std::mutex& busy) : busy_(busy) {
  know_forks();
  // In one order with before_fork(): either this sees the fork, or the fork sees this call.
  while (calls.fetch_add(1), forking.load()) {
    calls.fetch_sub(1);
    while (forking.load()) std::this_thread::yield();
  }
  busy_.lock();
}

Call::~Call() {
  busy_.unlock();
  calls.fetch_sub(1);
}

}  // namespace tg
