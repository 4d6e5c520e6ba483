#include "trial.hpp"

#include <fmt/core.h>

#include <stdexcept>

#include "progress.hpp"

namespace zccache::bench {
namespace {

/// Says who it was that failed.
std::vector<double> sample_of(const Contender& contender) {
  try {
    return contender.sample();
  } catch (const std::exception& error) {
    throw std::runtime_error(contender.name + ": " + error.what());
  }
}

}  // namespace

Rows run_trial(const Trial& trial, std::size_t entries, std::size_t rounds, Progress& progress) {
  const std::size_t figures = trial.figures.size();
  const std::size_t contenders = trial.contenders.size();
  Rows rows;
  for (const Figure& figure : trial.figures) {
    for (const Contender& contender : trial.contenders) rows.push_back({figure.what, figure.unit, contender.name, entries, {}});
  }
  for (const Contender& contender : trial.contenders) {
    progress.show(fmt::format("{}: {} warms up", trial.figures.front().what, contender.name));
    static_cast<void>(sample_of(contender));
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    progress.show(fmt::format("{}: round {} of {}", trial.figures.front().what, round + 1, rounds));
    for (std::size_t turn = 0; turn < contenders; ++turn) {
      const std::size_t who = (round + turn) % contenders;
      const std::vector<double> values = sample_of(trial.contenders[who]);
      for (std::size_t figure = 0; figure < figures; ++figure) rows[figure * contenders + who].samples.push_back(values.at(figure));
    }
  }
  return rows;
}

}  // namespace zccache::bench
