// What the store is meant to reach, in ratios within one run, and whether it does.
#pragma once

#include <string>
#include <vector>

#include "trial.hpp"

namespace zccache::bench {

struct Verdict {
  std::string bar;     ///< "hot lookup: lmdb, renewed / ours"
  std::string wanted;  ///< "at least 5"
  double reached = 0;
  bool met = false;
  std::size_t entries = 0;
};

/// The bars that these rows of a benchmark decide. One that is meant for another size is left out, unless `at_any_size`.
[[nodiscard]] std::vector<Verdict> judge(const std::string& benchmark, const Rows& rows, bool at_any_size);

}  // namespace zccache::bench
