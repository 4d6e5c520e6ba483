// What the store is meant to reach, in ratios within one run, and whether it does.
#pragma once

#include <string>
#include <vector>

#include "trial.hpp"

namespace zccache::bench {

struct Verdict {
  std::string bar;     ///< "hot lookup against lmdb, renewed"
  std::string wanted;  ///< "at least 5x"
  double reached = 0;
  bool met = false;
  std::size_t entries = 0;
};

/// The bars that these rows of a benchmark decide. One for a size that was not measured is left out.
[[nodiscard]] std::vector<Verdict> judge(const std::string& benchmark, const Rows& rows);

}  // namespace zccache::bench
