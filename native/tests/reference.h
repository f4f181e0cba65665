// A network's forward pass in plain loops over doubles: what the core is held against.
#pragma once

#include "problem.h"

namespace tests {

struct Reference {
  Result<double> result;
  // record[layer * directions + direction][value]: [item_rows, hidden], as Network::record
  std::vector<std::vector<std::vector<double>>> record;
};

Reference reference(const Problem<double>& problem, Noise noise = {});

}  // namespace tests
