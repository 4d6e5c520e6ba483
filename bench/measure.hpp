// Times, and what is said about many of them.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace zccache::bench {

inline constexpr double kNanosecondsPerMicrosecond = 1e3;
inline constexpr double kNanosecondsPerMillisecond = 1e6;

/// Nanoseconds of a clock that all processes share.
[[nodiscard]] double now_nanoseconds();

/// Nanoseconds that `work` takes.
[[nodiscard]] double timed(const std::function<void()>& work);

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};
[[nodiscard]] Spread spread_of(std::vector<double> samples);

/// The value below which `share` (0 to 1) of the samples lie. Sorts them as far as needed.
[[nodiscard]] double quantile(std::vector<double>& samples, double share);

/// Median of the ratios round by round, so that what slowed both in a round cancels out; ratio of the medians where the rounds differ in
/// number.
[[nodiscard]] double ratio_of(const std::vector<double>& over, const std::vector<double>& under);

/// Keeps the compiler from leaving out what computes `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace zccache::bench
