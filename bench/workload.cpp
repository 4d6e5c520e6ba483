#include "workload.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <numeric>
#include <stdexcept>

namespace zccache::bench {
namespace {

constexpr std::size_t kFillBatch = 1000;
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

Random Workload::random_for(std::size_t i, std::uint64_t purpose) const noexcept {
  return Random(Random(seed_ + purpose).next() ^ Random(i).next());
}

std::string Workload::key(std::size_t i) const {
  Random random = random_for(i, 1);
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", random.next(), random.next(), random.next(), random.next());
}

// One to three outputs; one compile in five warns, which gives a mean of about 200 bytes of stderr.
Artifact Workload::artifact(std::size_t i) const {
  constexpr const char* kSuffixes[] = {"o", "d", "dwo"};
  Random random = random_for(i, 2);
  Artifact artifact;
  const std::uint64_t outputs = 1 + random.below(3);
  for (std::uint64_t n = 0; n < outputs; ++n) {
    artifact.output_names.push_back(fmt::format("src/CMakeFiles/part.dir/unit_{}.cpp.{}", i, kSuffixes[n]));
    artifact.output_sizes.push_back(skewed(random, kMaxOutputBytes));
  }
  if (random.below(5) == 0) artifact.stderr_bytes.assign(skewed(random, kMaxStderrBytes), 'w');
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
    const std::size_t i = random.below(among);
    list.add(key(i), artifact(i).total_size);
  }
  return list;
}

ProbeList Workload::misses(std::size_t count) const {
  ProbeList list(count);
  for (std::size_t n = 0; n < count; ++n) list.add(key(entries_ + n), Probe::kAbsent);
  return list;
}

void fill(Session& session, const Workload& workload) {
  for (std::size_t from = 0; from < workload.size(); from += kFillBatch) {
    session.insert_together(workload.entries(from, std::min(from + kFillBatch, workload.size())));
  }
}

void check_all(const Session& session, const Workload& workload) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < workload.size(); ++i) right += session.get(workload.key(i)) == workload.artifact(i) ? 1 : 0;
  require_right("entries read back", right, workload.size());
}

void require_right(std::string_view what, std::size_t right, std::size_t asked) {
  if (right != asked) throw std::runtime_error(fmt::format("wrong answers: {}: only {} of {} are right", what, right, asked));
}

}  // namespace zccache::bench
