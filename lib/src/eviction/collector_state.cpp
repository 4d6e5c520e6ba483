#include "eviction/collector_state.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <span>

#include "base/file.hpp"
#include "eviction/plan.hpp"
#include "format/hash.hpp"

namespace zccache {
namespace {

constexpr const char* kForm = "zccache gc 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNx64;
constexpr std::uint64_t kFewestInserts = 64;
constexpr std::uint64_t kMostInserts = 100'000;
constexpr std::uint64_t kDaySecs = 86'400;

std::uint64_t secs(std::chrono::seconds duration) noexcept { return static_cast<std::uint64_t>(duration.count()); }

}  // namespace

std::uint64_t identity(const EvictionPolicy& policy) noexcept {
  const std::uint64_t facts[] = {policy.max_size.bytes, policy.max_size.percent, secs(policy.max_age), policy.hard.start,
                                 policy.hard.stop,      policy.soft.start,       policy.soft.stop,     secs(policy.soft_idle)};
  return format::checksum64(facts, sizeof facts);
}

CollectorState first_state(const EvictionPolicy& policy) noexcept {
  return {.inserts = 0, .next_inserts = kFewestInserts, .next_at_secs = std::numeric_limits<std::uint64_t>::max(), .policy = identity(policy)};
}

CollectorState next_state(const EvictionPolicy& policy, const CollectionReport& report, std::uint64_t inserts,
                          std::uint64_t now_secs) noexcept {
  std::uint64_t step = kMostInserts;
  if (report.max_bytes != 0) {
    const std::uint64_t soft = percent_of(report.max_bytes, policy.soft.start);
    const std::uint64_t hard = percent_of(report.max_bytes, policy.hard.start);
    // Over the soft mark, what is left there is in use: the next one to matter is the hard mark.
    const std::uint64_t limit = report.bytes_after < soft ? soft : hard;
    const std::uint64_t room = limit - std::min(limit, report.bytes_after);
    const std::uint64_t entries = report.entries_before - std::min(report.entries_before, report.evicted + report.expired + report.dangling);
    const std::uint64_t mean = std::max<std::uint64_t>(4096, report.bytes_after / std::max<std::uint64_t>(entries, 1));
    step = std::clamp(room / mean / 2, kFewestInserts, kMostInserts);
  }
  std::uint64_t pause = kDaySecs;
  if (policy.max_age.count() != 0) pause = std::clamp<std::uint64_t>(secs(policy.max_age) / 8, 600, kDaySecs);
  return {.inserts = inserts, .next_inserts = inserts + step, .next_at_secs = now_secs + pause, .policy = identity(policy)};
}

CollectorState read_state(const CacheDirectory& directory, const EvictionPolicy& policy) noexcept {
  const UniqueFd fd(::open(directory.collector_state().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::array<char, 128> line{};
  CollectorState state;
  const bool read = fd && ::pread(fd.get(), line.data(), line.size() - 1, 0) > 0 &&
                    std::sscanf(line.data(), kForm, &state.inserts, &state.next_inserts, &state.next_at_secs, &state.policy) == 4;
  return read ? state : first_state(policy);
}

result<void> write_state(const CacheDirectory& directory, const CollectorState& state) {
  auto file = AtomicFile::create(directory.collector_state_temporary());
  if (!file) return file.error();
  std::array<char, 128> line{};
  const int size = std::snprintf(line.data(), line.size(), "zccache gc 1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIx64 "\n", state.inserts,
                                 state.next_inserts, state.next_at_secs, state.policy);
  if (auto written = write_all(file->fd(), std::as_bytes(std::span(line.data(), static_cast<std::size_t>(size))), file->path()); !written) {
    return written;
  }
  return file->commit(directory.collector_state());
}

}  // namespace zccache
