// Arrays as they come from Python, and what is asked of them.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>
#include <stdexcept>

#include "dims.h"

namespace nb = nanobind;

namespace tg {

template <class V>
using Array = nb::ndarray<V, nb::c_contig, nb::device::cpu>;
template <class V>
using Maybe = std::optional<Array<V>>;

template <class V>
V* pointer(const Maybe<V>& array) {
  return array ? array->data() : nullptr;
}

// An array's memory, taken by the buffer protocol: for calls so short that a checked array would cost as much as they do.
// The caller answers for the type; None is no memory.
template <class V>
struct Memory {
  Py_buffer view;
  V* data = nullptr;
  i64 count = 0;

  explicit Memory(nb::handle object, bool writable = false) {
    view.obj = nullptr;
    if (object.is_none()) return;
    if (PyObject_GetBuffer(object.ptr(), &view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) != 0) throw nb::python_error();
    data = static_cast<V*>(view.buf);
    count = i64(view.len) / i64(sizeof(V));
  }
  ~Memory() {
    if (view.obj != nullptr) PyBuffer_Release(&view);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

template <class V>
void require_size(const Maybe<V>& array, std::size_t least, const char* what) {
  require(!array || array->size() >= least, what);
}

}  // namespace tg
