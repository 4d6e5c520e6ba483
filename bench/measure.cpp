#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace zccache::bench {

Spread spread_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const std::size_t middle = samples.size() / 2;
  const double median = samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
  return {.median = median, .min = samples.front(), .max = samples.back(), .samples = samples.size()};
}

Spread measure(std::size_t repeats, const std::function<double()>& sample) {
  static_cast<void>(sample());
  std::vector<double> samples(repeats);
  std::ranges::generate(samples, sample);
  return spread_of(std::move(samples));
}

double timed(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace zccache::bench
