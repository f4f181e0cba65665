// Which parameters the panels of a network were packed from.
#pragma once

#include "core.h"
#include "threads.h"

namespace tg::TG_ISA {

template <class T>
class Packed {
 public:
  // Whether the panels are those of this buffer, with the mask of the weights that `mask` draws (off: none).
  bool holds(const T* params, bool backward, const Noise& mask) const {
    if (params != params_ || (backward && !backward_) || mask.on != mask_.on) return false;
    return !mask.on || (mask.seed == mask_.seed && mask.step == mask_.step);
  }
  // Whether the buffer's values are known to be those that were packed. To compare takes a tenth of the time.
  bool has_values(const T* params, i64 count) const {
    return known_ && std::memcmp(values_.get(), params, sizeof(T) * std::size_t(count)) == 0;
  }

  // What the values are is not known until set_values(): those of the panels before are others.
  void set(const T* params, bool backward, const Noise& mask) {
    params_ = params;
    backward_ = backward;
    mask_ = mask;
    known_ = false;
  }
  void set_values(const T* params, i64 count) {
    std::memcpy(values_.reserve(count), params, sizeof(T) * std::size_t(count));
    known_ = true;
  }

  void forget() { params_ = nullptr; }
  void forget_values() { known_ = false; }  // the parameters are about to be updated

 private:
  const T* params_ = nullptr;
  bool backward_ = false, known_ = false;
  Noise mask_;
  Buffer<T> values_;
};

}  // namespace tg::TG_ISA
