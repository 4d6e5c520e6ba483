#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace zccache::bench {

double now_nanoseconds() { return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double timed(const std::function<void()>& work) {
  const double start = now_nanoseconds();
  work();
  return now_nanoseconds() - start;
}

Spread spread_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const std::size_t middle = samples.size() / 2;
  const double median = samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
  return {.median = median, .min = samples.front(), .max = samples.back()};
}

double quantile(std::vector<double>& samples, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
  return samples[static_cast<std::size_t>(rank)];
}

double ratio_of(const std::vector<double>& over, const std::vector<double>& under) {
  if (over.size() != under.size()) return spread_of(over).median / spread_of(under).median;
  std::vector<double> ratios(over.size());
  std::ranges::transform(over, under, ratios.begin(), std::divides<>());
  return spread_of(std::move(ratios)).median;
}

}  // namespace zccache::bench
