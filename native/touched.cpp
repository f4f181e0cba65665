#include "touched.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tg {

struct Touched::Storage {
  std::vector<i64> id, first, row;
};

Touched::Touched() : storage_(std::make_unique<Storage>()) {}
Touched::~Touched() = default;

void Touched::set(i64 rows, const std::int32_t* id_of_row) {
  Storage& s = *storage_;
  s.row.resize(rows);
  std::iota(s.row.begin(), s.row.end(), i64(0));
  std::stable_sort(s.row.begin(), s.row.end(), [&](i64 a, i64 b) { return id_of_row[a] < id_of_row[b]; });
  s.id.clear();
  s.first.clear();
  for (i64 i = 0; i < rows; ++i)
    if (i == 0 || id_of_row[s.row[i]] != s.id.back()) {
      s.id.push_back(id_of_row[s.row[i]]);
      s.first.push_back(i);
    }
  s.first.push_back(rows);
  count = i64(s.id.size());
  id = s.id.data();
  first = s.first.data();
  row = s.row.data();
}

}  // namespace tg
