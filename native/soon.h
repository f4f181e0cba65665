// Memory that a loop will need soon, fetched into the second cache while the registers are busy.
#pragma once

#include "panels.h"

namespace tg::TG_ISA {

// Some blocks of rows, at most four. A product fetches a share of them with each of its tiles.
class Soon {
 public:
  template <class T>
  void add(const Rows<const T>& rows, i64 count, i64 width) {
    if (count <= 0 || used_ == most) return;
    block_[used_++] = {reinterpret_cast<const char* const*>(rows.pointers), reinterpret_cast<const char*>(rows.base),
                       rows.stride * i64(sizeof(T)), count, (width * i64(sizeof(T)) + 63) / 64};
    lines_ += count * block_[used_ - 1].lines;
  }
  // Said once all is added: some() will be called so many times.
  void share_among(i64 tiles) { share_ = (lines_ + tiles - 1) / larger(1, tiles); }
  // The next share.
  TG_INLINE void some() {
    if (at_ < used_) fetch(share_);
  }

 private:
  struct Block {
    const char* const* pointers;
    const char* base;
    i64 stride, count, lines;
    const char* row(i64 i) const { return pointers != nullptr ? pointers[i] : base + i * stride; }
  };
  static constexpr int most = 4;
  Block block_[most];
  int used_ = 0, at_ = 0;
  i64 lines_ = 0, share_ = 0, row_ = 0, line_ = 0;

  void fetch(i64 lines) {
    while (lines > 0 && at_ < used_) {
      const Block& b = block_[at_];
      const char* const from = b.row(row_);
      const i64 end = smaller(b.lines, line_ + lines);
      lines -= end - line_;
      if (from != nullptr)
        for (; line_ < end; ++line_) __builtin_prefetch(from + line_ * 64, 0, 2);
      line_ = end;
      if (line_ < b.lines) return;
      line_ = 0;
      if (++row_ == b.count) row_ = 0, ++at_;
    }
  }
};

}  // namespace tg::TG_ISA
