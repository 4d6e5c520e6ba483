// The result of a benchmark, and how it is printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bars.hpp"
#include "environment.hpp"
#include "trial.hpp"

namespace zccache::bench {

struct Report {
  std::string benchmark;
  Environment environment;
  std::size_t record_bytes = 0;
  std::uint64_t seed = 0;
  Rows rows;
  std::vector<Verdict> verdicts;
  std::vector<std::string> missing;  ///< engines that this program was built without
};

/// A heading, the environment, a Markdown table for each size, and the bars.
void print_markdown(const Report& report);

/// What was checked, without a number that looks like a measurement.
void print_quick(const Report& report);

void print_json(const Report& report);

}  // namespace zccache::bench
