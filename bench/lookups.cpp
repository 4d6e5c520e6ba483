#include "lookups.hpp"

#include <algorithm>

#include "measure.hpp"
#include "subject.hpp"

namespace zccache::bench {
namespace {

constexpr double kWarmUpNanoseconds = 2e9;
constexpr double kSliceNanoseconds = 100e3;
constexpr double kSampleNanoseconds = 20e6;
constexpr std::size_t kMostPerSlice = 1000;
constexpr std::size_t kFirstSlice = 100;

}  // namespace

std::span<const Probe> Lookups::next(std::size_t at_most) {
  if (position_ == probes_.size()) position_ = 0;
  const auto slice = probes_.subspan(position_, std::min(at_most, probes_.size() - position_));
  position_ += slice.size();
  return slice;
}

double Lookups::time_slice(std::size_t at_most) {
  const auto slice = next(at_most);
  std::size_t right = 0;
  const double nanoseconds = timed([&] { right = answer_(slice); });
  require_right(right, slice.size());
  return nanoseconds / static_cast<double>(slice.size());
}

void Lookups::warm_up() {
  std::vector<double> slices;
  const double end = now_nanoseconds() + kWarmUpNanoseconds;
  for (std::size_t asked = 0; asked < probes_.size() && now_nanoseconds() < end; asked += kFirstSlice)
    slices.push_back(time_slice(kFirstSlice));
  const double per_lookup = std::max(1.0, quantile(slices, 0.5));
  per_slice_ = std::clamp(static_cast<std::size_t>(kSliceNanoseconds / per_lookup), std::size_t{1}, kMostPerSlice);
  slices_ = std::max<std::size_t>(1, static_cast<std::size_t>(kSampleNanoseconds / per_lookup) / per_slice_);
}

double Lookups::sample() {
  if (slices_ == 0) warm_up();
  std::vector<double> slices(slices_);
  for (double& slice : slices) slice = time_slice(per_slice_);
  return quantile(slices, 0.5);
}

std::vector<double> Lookups::sample_each() {
  if (slices_ == 0) warm_up();
  std::vector<double> each(slices_ * per_slice_);
  for (double& nanoseconds : each) nanoseconds = time_slice(1);
  return each;
}

}  // namespace zccache::bench
