// Timed lookups that go round a list of probes.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "engine.hpp"

namespace zccache::bench {

class Lookups {
 public:
  using Answer = std::function<std::size_t(std::span<const Probe>)>;  ///< how many of the probes it answered right

  Lookups(std::span<const Probe> probes, Answer answer) : probes_(probes), answer_(std::move(answer)) {}

  /// Once round the list, or for two seconds. Also learns how many lookups make a slice, and a sample, that last long enough to be timed.
  void warm_up();

  /// The next of them: nanoseconds per lookup. Warms up first if need be. They are timed in slices of a tenth of a millisecond, of which the
  /// median counts: in most of them nobody else gets the processor.
  [[nodiscard]] double sample();

  /// As many again, each timed by itself; includes reading the clock.
  [[nodiscard]] std::vector<double> sample_each();

 private:
  [[nodiscard]] std::span<const Probe> next(std::size_t at_most);
  [[nodiscard]] double time_slice(std::size_t at_most);  ///< nanoseconds per lookup

  std::span<const Probe> probes_;
  Answer answer_;
  std::size_t position_ = 0;
  std::size_t per_slice_ = 0;
  std::size_t slices_ = 0;  ///< of a sample; 0 before the warm-up
};

}  // namespace zccache::bench
