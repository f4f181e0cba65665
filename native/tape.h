// What a forward pass leaves for the backward one.
#pragma once

#include "core.h"
#include "order.h"

namespace tg::TG_ISA {

// One layer and direction. Rows are packed rows in the direction's own order.
template <class T>
struct LayerTape {
  Buffer<const T*> x;       // [rows] input rows
  Buffer<const T*> h_prev;  // [rows] states that each step started from (backward)
  Buffer<const T*> dy;      // [rows] (backward)
  Buffer<T*> d_x;           // [rows] where the gradients of few inputs go (backward)
  Buffer<T> h0, c0;         // [n, Hp]
  Buffer<T> h;              // [rows, Hp]
  Buffer<T> c;              // [rows, Hp] kept, else [n, Hp]
  Buffer<T> slots;          // [rows, S, Hp] kept, if the cell saves more than h; gradients after backward
  Buffer<T> dh, dc;         // [n, Hp]
  Buffer<T> trail_h, trail_c;  // [rows, Hp] gradients of every h and c, if asked (backward)
};

// Gradients of the top layer's rows, [.., D * Hp] each; none where base is null.
template <class T>
struct RowGradients {
  const T* base = nullptr;
  const i64* place = nullptr;  // [rows] the row of base that belongs to a packed row, itself where null
  bool per_sequence = false;   // one row for all steps of the sequence at a packed position
};

template <class T>
class TapeOf final : public Tape<T> {
 public:
  TapeOf(i64 layers, int directions)
      : layers_(layers),
        directions_(directions),
        all_(new LayerTape<T>[size_t(layers * directions)]),
        rows(new Buffer<T>[size_t(layers)]) {}
  ~TapeOf() override {
    delete[] all_;
    delete[] rows;
  }
  TapeOf(const TapeOf&) = delete;
  TapeOf& operator=(const TapeOf&) = delete;

  LayerTape<T>& at(i64 layer, int direction) { return all_[layer * directions_ + direction]; }
  const LayerTape<T>& at(i64 layer, int direction) const { return all_[layer * directions_ + direction]; }

 private:
  i64 layers_;
  int directions_;
  LayerTape<T>* all_;

 public:
  Order order;
  Noise noise;
  bool kept = false;
  bool trail = false;  // whether backward leaves the gradients of every state
  bool initial = false;  // and those of the first states
  Buffer<i64> place;  // [rows] row of the caller's arrays that a packed row belongs to
  Buffer<T>* rows;    // [layers] rows[l]: the input rows of layer l where they had to be made (scaled, dense, joined)
  Buffer<T> slots[2];   // [rows, S, Hp] of one layer after the other, for each direction, if the cell saves h alone
  Buffer<T> d_rows[2];  // d_rows[l % 2]: gradient of layer l's input rows, [packed rows, padded input], forward order;
                        // with one direction only that of layer 0: else it takes the place of the layer's h
  Buffer<T> raw;      // scaled input rows in front of a dense layer
  Buffer<const T*> raw_rows;  // [rows] the user's rows, in front of a dense layer
  bool bagged = false;        // bags of them
  i64 reads = 0;              // rows of the embedding that packed rows read, as often as they do
  Buffer<std::int32_t> ids;   // [reads] which
  Buffer<i64> reader;         // [reads] the packed row; bags only
  Buffer<T> weight;           // [reads] times what; bags only
  Buffer<T> joined;   // [rows, D * Hp] both directions of the top layer, forward order
  Buffer<T> pooled;   // [n, readout row] pooled readouts, packed order
  Buffer<i64> argmax; // [n, D * Hp] packed row of the maximum
  Buffer<T> d_pooled; // [n, readout row]
  Buffer<T> d_top;    // [rows, D * Hp] gradient of the top layer's rows, forward order
};

}  // namespace tg::TG_ISA
