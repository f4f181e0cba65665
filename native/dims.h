// The legend of dimensions used everywhere in native/, and the two small tools every file needs.
//
//   B  sequences in a batch              T  steps of the longest sequence
//   I  inputs of a step                  H  hidden units
//   G  gates of a cell                   S  saved values ("slots") of a cell: its gates, and products kept apart
//   D  directions (1 or 2)               R  width of the readout
//   O  outputs of the head               L  lanes of a vector
//
// A width that is rounded up to whole vectors ends in p: Hp >= H is a multiple of L. The lanes from H to Hp hold
// zero in every state, because their weights and biases are packed as zero.
//
// Packed rows: the sequences of a batch are sorted by length, longest first, and step t holds the rows
// [offset[t], offset[t] + active[t]). A row past the end of a sequence does not exist, so no arithmetic is done on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#define TG_INLINE inline __attribute__((always_inline))

namespace tg {

using i64 = std::int64_t;

constexpr i64 round_up(i64 value, i64 multiple) { return (value + multiple - 1) / multiple * multiple; }
constexpr i64 smaller(i64 a, i64 b) { return a < b ? a : b; }
constexpr i64 larger(i64 a, i64 b) { return a > b ? a : b; }

namespace TG_ISA {

// Aligned memory that only grows, so that a training step allocates nothing after the first. Its contents are
// not kept when it grows.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  // Room for `count` values, undefined after a growth; aborts the process when the system has no memory left.
  T* reserve(i64 count) {
    if (count > capacity_) {
      std::free(data_);
      const std::size_t bytes = static_cast<std::size_t>(round_up(count * i64(sizeof(T)) + 64, 64));
      data_ = static_cast<T*>(std::aligned_alloc(64, bytes));
      if (data_ == nullptr) std::abort();
      capacity_ = count;
    }
    return data_;
  }

  T* reserve_zeroed(i64 count) {
    reserve(count);
    std::memset(static_cast<void*>(data_), 0, static_cast<std::size_t>(count) * sizeof(T));
    return data_;
  }

  T* get() const { return data_; }
  i64 capacity() const { return capacity_; }

 private:
  T* data_ = nullptr;
  i64 capacity_ = 0;
};

}  // namespace TG_ISA
}  // namespace tg
