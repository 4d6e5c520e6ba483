// A comparison: each contender is measured in turn, round after round, so that whatever else the machine does meets all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace zccache::bench {

class Progress;

/// What one sample of every contender yields, in this order. Less is better in all of them.
struct Figure {
  std::string what;
  std::string unit;
};

struct Contender {
  std::string name;                             ///< an engine, or a floor: what the machine asks for the least that any store must do
  std::function<std::vector<double>()> sample;  ///< one value for each figure
};

/// One line of the result.
struct Row {
  std::string what;
  std::string unit;
  std::string name;
  std::size_t entries = 0;
  std::vector<double> samples;  ///< in `unit`, one for each round
};
using Rows = std::vector<Row>;

struct Trial {
  std::vector<Figure> figures;
  std::vector<Contender> contenders;
};

/// A warm-up, then `rounds` rounds; each begins with another contender.
[[nodiscard]] Rows run_trial(const Trial& trial, std::size_t entries, std::size_t rounds, Progress& progress);

/// A floor's name begins like this, so that tables can tell them from engines.
inline constexpr const char* kFloor = "floor: ";

}  // namespace zccache::bench
