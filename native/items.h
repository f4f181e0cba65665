// The rows that a head works on.
#pragma once

#include "head.h"
#include "readout.h"

namespace tg::TG_ISA {

// Lists the readout rows of a batch, of which with targets only those that have one, and their gradients' places in
// d_readout (may be null); how many there are. read_last: of "each" so many last steps of a sequence; 0: all.
template <class T>
inline i64 list_items(Head<T>& head, const ReadoutOf<T>& readout, i64 read_last, i64 segment, const Batch<T>& batch,
                      const TapeOf<T>& tape, const Targets<T>* targets, T* d_readout) {
  const Order& order = tape.order;
  const i64 wide = readout.blocks().row();
  typename Head<T>::Item* items = head.items(larger(1, readout.each() ? order.rows : order.n));
  i64 count = 0;
  auto add = [&](i64 index, i64 output, i64 target) {
    if (targets != nullptr && !head.has_target(*targets, target)) return;
    items[count++] = {readout.row(tape, index), d_readout == nullptr ? nullptr : d_readout + index * wide, output, target};
  };
  if (!readout.each()) {
    for (i64 p = 0; p < order.n; ++p) {
      const i64 sequence = order.sequence[p];
      add(p, sequence, targets != nullptr && targets->target_row != nullptr ? targets->target_row[sequence] : sequence);
    }
    return count;
  }
  for (i64 t = 0; t < order.steps; ++t)
    for (i64 p = 0; p < order.active[t]; ++p) {
      const i64 row = order.row(t, p), skipped = read_last > 0 ? order.length[p] - read_last : 0;
      if (t < skipped) continue;
      const i64 sequence = order.sequence[p];
      const i64 output = read_last > 0 ? sequence * read_last + t - skipped : tape.place.get()[row];
      const bool apart = targets != nullptr && targets->target_row != nullptr;
      add(row, output, apart ? targets->target_row[sequence] + t - skipped : batch.start[sequence] + (t + 1) * segment - 1);
    }
  return count;
}

}  // namespace tg::TG_ISA
