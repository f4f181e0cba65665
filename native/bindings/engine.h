// What Python's objects hold: a network of the core, and the tapes of its forward passes.
#pragma once

#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "arguments.h"

namespace tg {

// What one pass needs of its own.
template <class T>
struct Room {
  std::unique_ptr<Tape<T>> tape;
  std::vector<T> params;  // where they had to be gathered
};

// A network and the room of passes that waits for its next use. One call at a time: others wait.
template <class T>
struct Engine {
  NetworkDesc desc;
  std::unique_ptr<Network<T>> network;
  std::vector<Room<T>> idle;
  std::mutex busy, idle_lock;

  Room<T> take() {
    std::lock_guard<std::mutex> lock(idle_lock);
    if (idle.empty()) return {std::unique_ptr<Tape<T>>(network->new_tape()), {}};
    Room<T> room = std::move(idle.back());
    idle.pop_back();
    return room;
  }
  void give_back(Room<T> room) {
    std::lock_guard<std::mutex> lock(idle_lock);
    if (idle.size() < 2) idle.push_back(std::move(room));
  }
};

// What one forward pass left; goes back to its engine when Python lets go of it.
template <class T>
struct PyTape {
  std::shared_ptr<Engine<T>> engine;
  Room<T> room;
  Spans<T> spans;
  Array<const T> params;
  bool keep = false, used = false, trail = false;

  ~PyTape() {
    if (room.tape) engine->give_back(std::move(room));
  }
  PyTape() = default;
  PyTape(PyTape&&) = default;

  i64 output_rows() const {
    const i64 n = i64(spans.steps.size());
    if (engine->desc.readout != Readout::each) return n;
    return engine->desc.read_last > 0 ? n * engine->desc.read_last : spans.last_item();
  }
};

template <class T>
class PyNetwork {
 public:
  explicit PyNetwork(const NetworkDesc& desc) : engine_(std::make_shared<Engine<T>>()) {
    engine_->desc = desc;
    if constexpr (std::is_same_v<T, float>)
      engine_->network.reset(core().new_network_float(desc));
    else
      engine_->network.reset(core().new_network_double(desc));
  }

  i64 parameter_count() const { return engine_->network->parameter_count(); }
  i64 saved_bytes_per_row() const { return engine_->network->slot_bytes_per_row(); }

  Engine<T>& engine() { return *engine_; }
  std::shared_ptr<Engine<T>> shared() { return engine_; }

  void check(const Array<const T>& params) const {
    require(i64(params.size()) == parameter_count(), "params must be the network's flat buffer");
  }

 private:
  std::shared_ptr<Engine<T>> engine_;
};

}  // namespace tg
