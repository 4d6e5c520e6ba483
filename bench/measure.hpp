// Repeated measurements and what is said about them.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace zccache::bench {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
  std::size_t samples = 0;
};

[[nodiscard]] Spread spread_of(std::vector<double> samples);

/// Calls `sample`, which returns what it measured, once to warm up and then `repeats` times.
[[nodiscard]] Spread measure(std::size_t repeats, const std::function<double()>& sample);

/// Nanoseconds that `work` takes.
[[nodiscard]] double timed(const std::function<void()>& work);

/// Keeps the compiler from leaving out what computes `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace zccache::bench
