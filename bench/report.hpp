// The result of a benchmark, and how it is printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "environment.hpp"
#include "measure.hpp"

namespace zccache::bench {

struct Row {
  std::string engine;  ///< or "floor": what the machine asks for the least that any store must do
  std::string what;
  std::string unit;
  Spread value;  ///< in `unit`
};

struct Report {
  std::string benchmark;
  Environment environment;
  std::uint64_t entries = 0;
  std::uint64_t seed = 0;
  std::vector<Row> rows;
};

/// A heading, the environment and a Markdown table.
void print_markdown(const Report& report);

void print_json(const Report& report);

}  // namespace zccache::bench
