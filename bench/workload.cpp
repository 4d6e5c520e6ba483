#include "workload.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace zccache::bench {
namespace {

constexpr std::uint64_t kMaxOutputBytes = 1 << 20;
constexpr std::uint64_t kMaxStderrBytes = 4096;
constexpr std::uint64_t kStoredAtSecs = 1'700'000'000;

/// Small ones are likelier than large ones: a product of two draws, mean a quarter of `max`.
std::uint64_t skewed(Random& random, std::uint64_t max) {
  constexpr std::uint64_t kSteps = 1 << 16;
  return max * random.below(kSteps + 1) / kSteps * random.below(kSteps + 1) / kSteps;
}

}  // namespace

std::uint64_t Random::next() noexcept {
  std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
  return z ^ (z >> 31);
}

Zipfian::Zipfian(std::size_t n) : n_(static_cast<double>(n)), zeta_(0) {
  for (std::size_t rank = 1; rank <= n; ++rank) zeta_ += std::pow(static_cast<double>(rank), -kTheta);
  const double zeta_of_two = 1 + std::pow(2, -kTheta);
  eta_ = (1 - std::pow(2 / n_, 1 - kTheta)) / (1 - zeta_of_two / zeta_);
}

std::size_t Zipfian::draw(Random& random) const {
  const double u = random.unit();
  if (u * zeta_ < 1) return 0;
  if (u * zeta_ < 1 + std::pow(0.5, kTheta)) return 1;
  const double rank = n_ * std::pow(eta_ * u - eta_ + 1, 1 / (1 - kTheta));
  return std::min(static_cast<std::size_t>(rank), static_cast<std::size_t>(n_) - 1);
}

// The views in probes_ point into keys_, which therefore must not grow beyond what is reserved here.
ProbeList::ProbeList(std::size_t capacity) {
  keys_.reserve(capacity * Workload::kKeyBytes);
  probes_.reserve(capacity);
}

void ProbeList::add(std::string_view key, std::uint64_t total_size) {
  assert(keys_.size() + key.size() <= keys_.capacity());
  const std::size_t at = keys_.size();
  keys_ += key;
  probes_.push_back({std::string_view(keys_).substr(at), total_size});
}

void ProbeList::add(const Workload& workload, std::size_t i) { add(workload.key(i), workload.artifact(i).total_size); }

Random Workload::random_for(std::size_t i, std::uint64_t purpose) const noexcept {
  return Random(Random(seed_ + purpose).next() ^ Random(i).next());
}

std::string Workload::key(std::size_t i) const {
  Random random = random_for(i, 1);
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", random.next(), random.next(), random.next(), random.next());
}

// One to three outputs; some compiles warn.
Artifact Workload::artifact(std::size_t i) const {
  constexpr const char* kSuffixes[] = {"o", "d", "dwo"};
  Random random = random_for(i, 2);
  Artifact artifact;
  const std::uint64_t outputs = 1 + random.below(3);
  for (std::uint64_t n = 0; n < outputs; ++n) {
    artifact.output_names.push_back(fmt::format("src/CMakeFiles/part.dir/unit_{}.cpp.{}", i, kSuffixes[n]));
    artifact.output_sizes.push_back(skewed(random, kMaxOutputBytes));
  }
  if (random.below(1000) < warnings_per_1000_) artifact.stderr_bytes.assign(skewed(random, kMaxStderrBytes), 'w');
  artifact.total_size = std::accumulate(artifact.output_sizes.begin(), artifact.output_sizes.end(), std::uint64_t{0});
  artifact.stored_at_secs = kStoredAtSecs + i;
  return artifact;
}

std::vector<Entry> Workload::entries(std::size_t from, std::size_t to) const {
  std::vector<Entry> made;
  for (std::size_t i = from; i < to; ++i) made.push_back(entry(i));
  return made;
}

ProbeList Workload::hits(std::size_t count, std::size_t among) const {
  ProbeList list(count);
  Random random = random_for(among, 3);
  for (std::size_t n = 0; n < count; ++n) {
    list.add(*this, random.below(among));
  }
  return list;
}

ProbeList Workload::zipfian(std::size_t count) const {
  ProbeList list(count);
  Random random = random_for(entries_, 4);
  const Zipfian zipfian(entries_);
  for (std::size_t n = 0; n < count; ++n) {
    list.add(*this, Random(zipfian.draw(random)).below(entries_));  // scattered: those in demand were not all stored first
  }
  return list;
}

ProbeList Workload::misses(std::size_t count) const {
  ProbeList list(count);
  for (std::size_t n = 0; n < count; ++n) list.add(key(entries_ + n), Probe::kAbsent);
  return list;
}

}  // namespace zccache::bench
