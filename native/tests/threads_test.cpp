// threads.h: every task once, whatever the number of threads and whoever calls.
#include "threads.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "harness.h"
#include "with_threads.h"

using tests::WithThreads;
using tg::i64;

namespace {

// Runs `tasks` tasks; whether each was run once, and all before parallel() returned.
bool each_once(i64 tasks) {
  std::vector<int> count(tasks, 0);  // not atomic: no two tasks share one, and parallel() orders the rest
  tg::parallel(tasks, [&](i64 i) { ++count[i]; });
  for (int c : count)
    if (c != 1) return false;
  return true;
}

}  // namespace

TEST(threads_run_every_task_once) {
  for (int count : {1, 2, 3, 8}) {
    WithThreads threads(count);
    CHECK_EQUAL(tg::threads(), count);
    for (i64 tasks : {0, 1, 2, 3, 7, 64, 1000}) {
      harness::Scope scope(harness::text(tasks) + " tasks on " + harness::text(count) + " threads");
      for (int again = 0; again < 20; ++again) CHECK(each_once(tasks));
    }
  }
}

TEST(threads_are_at_least_one) {
  WithThreads threads(-3);
  CHECK_EQUAL(tg::threads(), 1);
  CHECK(each_once(5));
}

TEST(threads_can_be_more_or_fewer_from_call_to_call) {
  WithThreads threads(1);
  for (int count : {3, 1, 2, 5, 2, 1, 4}) {
    tg::set_threads(count);
    CHECK(each_once(100));
  }
}

// Each of two tasks waits for the other: one thread alone would never return.
TEST(threads_work_at_the_same_time) {
  WithThreads threads(2);
  std::atomic<int> arrived{0};
  tg::parallel(2, [&](i64) {
    ++arrived;
    while (arrived.load() < 2) std::this_thread::yield();
  });
  CHECK_EQUAL(arrived.load(), 2);
}

TEST(threads_run_a_call_inside_a_task_inline) {
  WithThreads threads(3);
  std::vector<int> count(50 * 20, 0);
  std::vector<int> elsewhere(50, 0);
  tg::parallel(50, [&](i64 i) {
    const std::thread::id own = std::this_thread::get_id();
    tg::parallel(20, [&](i64 j) {
      ++count[i * 20 + j];
      elsewhere[i] += std::this_thread::get_id() != own;
    });
  });
  for (int c : count) CHECK_EQUAL(c, 1);
  for (int e : elsewhere) CHECK_EQUAL(e, 0);
}

// A worker that is late for one job must not take a task of the next one: jobs follow each other closely, and one of few
// tasks is followed by one of many.
TEST(threads_run_short_jobs_one_after_the_other) {
  WithThreads threads(4);
  int wrong = 0;
  for (int again = 0; again < 20000; ++again) wrong += !each_once(again % 3 == 0 ? 2 : 9);
  CHECK_EQUAL(wrong, 0);
}

TEST(threads_serve_several_callers_at_once) {
  WithThreads threads(2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 3; ++c)
    callers.emplace_back([&] {
      for (int again = 0; again < 100; ++again) wrong += !each_once(50);
    });
  for (std::thread& caller : callers) caller.join();
  CHECK_EQUAL(wrong.load(), 0);
}

TEST(threads_come_back_after_a_rest) {
  WithThreads threads(2);
  for (int again = 0; again < 20; ++again) {
    CHECK(each_once(10));
    std::atomic<int> rest{0};
    while (rest < 30000) ++rest;  // long enough for workers to fall asleep
  }
}

TEST(threads_are_new_after_a_fork) {
  WithThreads threads(2);
  CHECK(each_once(100));  // the parent has workers, the child has none
  const pid_t child = fork();
  if (child == 0) _exit(each_once(100) && each_once(100) ? 0 : 1);
  CHECK(child > 0);
  int status = -1;
  CHECK_EQUAL(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK(each_once(100));
}

// A thread that calls without end is between two calls wherever the process is copied.
TEST(threads_a_fork_waits_for_calls) {
  std::mutex busy;
  i64 begun = 0, ended = 0;
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) {
      const tg::Call call(busy);
      ++begun;
      std::this_thread::yield();
      ++ended;
    }
  });
  int wrong = 0;
  for (int again = 0; again < 20; ++again) {
    const pid_t child = fork();
    if (child == 0) _exit(busy.try_lock() && begun == ended ? 0 : 1);
    int status = -1;
    wrong += waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  }
  stop = true;
  other.join();
  CHECK_EQUAL(wrong, 0);
}
