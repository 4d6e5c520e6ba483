#include "lookups.hpp"

#include <algorithm>

#include "measure.hpp"
#include "subject.hpp"

namespace zccache::bench {
namespace {

constexpr double kWarmUpNanoseconds = 2e9;
constexpr double kSampleNanoseconds = 20e6;
constexpr std::size_t kMostPerSample = 100'000;
constexpr std::size_t kSlice = 1000;

}  // namespace

std::span<const Probe> Lookups::next(std::size_t at_most) {
  if (position_ == probes_.size()) position_ = 0;
  const auto slice = probes_.subspan(position_, std::min(at_most, probes_.size() - position_));
  position_ += slice.size();
  return slice;
}

void Lookups::warm_up() {
  std::size_t asked = 0;
  const double start = now_nanoseconds();
  double spent = 0;
  while (asked < probes_.size() && spent < kWarmUpNanoseconds) {
    const auto slice = next(kSlice);
    require_right(answer_(slice), slice.size());
    asked += slice.size();
    spent = now_nanoseconds() - start;
  }
  const double fitting = kSampleNanoseconds / spent * static_cast<double>(asked);
  per_sample_ = std::clamp(static_cast<std::size_t>(fitting), kSlice, kMostPerSample);
}

double Lookups::sample() {
  if (per_sample_ == 0) warm_up();
  double nanoseconds = 0;
  for (std::size_t left = per_sample_; left > 0;) {
    const auto slice = next(left);
    std::size_t right = 0;
    nanoseconds += timed([&] { right = answer_(slice); });
    require_right(right, slice.size());
    left -= slice.size();
  }
  return nanoseconds / static_cast<double>(per_sample_);
}

std::vector<double> Lookups::sample_each() {
  if (per_sample_ == 0) warm_up();
  std::vector<double> each(per_sample_);
  for (double& nanoseconds : each) {
    const auto probe = next(1);
    std::size_t right = 0;
    nanoseconds = timed([&] { right = answer_(probe); });
    require_right(right, 1);
  }
  return each;
}

}  // namespace zccache::bench
