#include "eviction/collector.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/lock_file.hpp"
#include "base/locked_temporary.hpp"
#include "base/log.hpp"
#include "eviction/collector_state.hpp"
#include "eviction/leftovers.hpp"
#include "payload/payload_files.hpp"
#include "store/write_transaction.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// So many entries go under one lock: some milliseconds at most.
constexpr std::size_t kGroup = 32;
constexpr std::uint64_t kBetweenReports = 1000;

std::uint64_t now_secs() noexcept {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

bool is_below(const fs::path& path, const fs::path& folder) { return path.native().starts_with(folder.native() + '/'); }

bool is_of_the_index(const CacheDirectory& directory, const fs::path& path) {
  return path == directory.live() || path == directory.snapshot() || path == directory.previous_snapshot();
}

/// What makers of a snapshot or generation that were killed left.
std::uint64_t remove_stale_index_files(const CacheDirectory& directory) {
  const auto held = HeldDirectory::open(directory.path(), milliseconds{0});
  if (!held) return 0;
  std::uint64_t removed = 0;
  for (const char* target : {CacheDirectory::kSnapshot, CacheDirectory::kSnapshotPlaces, CacheDirectory::kLive}) {
    removed += remove_stale_temporaries(*held, target);
  }
  return removed;
}

result<CollectionReport> collect(ArtifactStore& store, const CollectionOptions& options, std::uint64_t max_bytes) {
  auto report = Collector(store, options, max_bytes).run();
  if (!report || options.dry_run) return report;
  const CacheDirectory directory(store.directory());
  report->stale_temporaries += remove_stale_index_files(directory);
  store.count_eviction(report->evicted + report->expired);
  if (auto flushed = store.flush_if_due(); !flushed) log::warning("flush after evictions: " + flushed.error().message());
  if (!report->finished) return report;  // still due
  const auto state = next_state(options.policy, *report, store.stats().inserts, now_secs());
  if (auto written = write_state(directory, state); !written) log::warning("state of evictions: " + written.error().message());
  return report;
}

}  // namespace

Collector::Collector(ArtifactStore& store, const CollectionOptions& options, std::uint64_t max_bytes)
    : store_(store),
      options_(options),
      directory_(store.directory()),
      now_(static_cast<Minute>(now_secs() / 60)),
      deadline_(std::chrono::steady_clock::now() + options.time_limit) {
  report_.max_bytes = max_bytes;
}

result<CollectionReport> Collector::run() {
  if (auto looked = look_at_files(); !looked) return looked.error();
  store_.for_each([&](const ArtifactView& entry) {
    uses_.add(last_use(entry, now_), record_of(entry));
    return true;
  });
  held_ = uses_.all();
  plan_ = uses_.plan(
      options_.policy, report_.max_bytes, usage_, [this](const Holdings& left) { return compacted_size(left); }, now_);
  if (auto looked = look_at_entries(); !looked) return looked.error();
  bool compacted = plan_.compacts && report_.finished;
  if (compacted && !options_.dry_run) {
    const auto done = compact_index();
    if (!done)
      log::warning("compaction after evictions: " + done.error().message());  // the next collection finds it too large, and tries again
    compacted = done.has_value();
  }
  const std::uint64_t freed = uses_.all().payload_bytes - held_.payload_bytes;
  report_.bytes_after = compacted ? compacted_size(held_) : usage_ - std::min(usage_, freed);
  return report_;
}

std::uint64_t Collector::compacted_size(const Holdings& left) const {
  const std::uint64_t others = usage_ - std::min(usage_, index_bytes_ + uses_.all().payload_bytes);
  return others + left.payload_bytes + index_bytes(store_, left);
}

result<void> Collector::compact_index() {
  // Flushed before, because a compaction keeps the marks of removals that no snapshot knows of; and after, because a flush keeps the snapshot
  // of before, which would be the large one.
  if (auto flushed = store_.flush(); !flushed) return flushed;
  {
    auto change = WriteTransaction::begin(store_);
    if (!change) return change.error();
    if (auto compacted = change->compact(); !compacted) return compacted;
  }
  return store_.flush();
}

result<void> Collector::look_at_files() {
  DiskUsage usage;
  LeftoverRemover remover(store_);
  result<void> removed;
  std::uint64_t leftover_bytes = 0;
  std::uint64_t files = 0;
  for_each_file(directory_.path(), [&](const fs::path& path, const struct stat& status) {
    const std::uint64_t bytes = usage.add(status);
    if (is_of_the_index(directory_, path)) index_bytes_ += bytes;
    if (is_below(path, directory_.objects())) {
      const auto kind = leftover_kind(store_, path);
      if (!kind) {
        const ArtifactView entry = store_.find(parse_payload_name(directory_, path).key);
        if (entry) uses_.add(last_use(entry, now_), {.payload_bytes = bytes});
      } else if (*kind != Leftover::Kind::unknown) {
        ++(*kind == Leftover::Kind::orphan ? report_.orphans : report_.stale_temporaries);
        leftover_bytes += bytes;
        if (!options_.dry_run) removed = remover.add({*kind, path});
      }
    }
    return removed.has_value() && go_on("looking", ++files, 0);
  });
  if (removed) removed = remover.finish();
  if (!options_.dry_run) {  // what was in use after all has stayed
    report_.orphans = remover.orphans();
    report_.stale_temporaries = remover.temporaries();
    leftover_bytes = remover.bytes();
  }
  report_.bytes_before = usage.bytes();
  usage_ = usage.bytes() - std::min(usage.bytes(), leftover_bytes);
  return removed;
}

result<void> Collector::look_at_entries() {
  if (!report_.finished) return {};
  report_.entries_before = store_.size();
  std::uint64_t entries = 0;
  result<void> removed;
  store_.for_each([&](const ArtifactView& entry) {
    const Fate fate = fate_of(entry);
    if (fate != Fate::keep && options_.dry_run) count(fate, last_use(entry, now_), holdings_of(entry));
    if (fate != Fate::keep && !options_.dry_run) {
      group_.emplace_back(entry.key());
      if (group_.size() == kGroup) removed = remove_group();
    }
    return removed.has_value() && go_on("evicting", ++entries, report_.entries_before);
  });
  if (removed) removed = remove_group();
  return removed ? remove_unmarked() : removed;
}

Collector::Fate Collector::fate_of(const ArtifactView& entry) const {
  if (!has_payload(directory_, entry)) return Fate::dangling;
  switch (plan_.verdict(last_use(entry, now_))) {
    case EvictionPlan::Verdict::expire:
      return Fate::expire;
    case EvictionPlan::Verdict::evict:
      return Fate::evict;
    case EvictionPlan::Verdict::keep:
      break;
  }
  return Fate::keep;
}

result<void> Collector::remove_group() {
  if (group_.empty()) return {};
  auto change = WriteTransaction::begin(store_);
  if (!change) return change.error();
  for (const std::string& key : group_) {
    if (auto removed = remove(*change, key); !removed) return removed;
  }
  group_.clear();
  return {};
}

result<void> Collector::remove(WriteTransaction& change, const std::string& key) {
  // Looked at again: it may have been used, replaced or removed since. Under the lock it stays as it is now.
  const ArtifactView entry = store_.find(key);
  const Fate fate = entry ? fate_of(entry) : Fate::keep;
  if (fate == Fate::keep) return {};
  const Holdings holdings = holdings_of(entry);
  auto removed = change.remove(key);
  if (!removed && removed.error().error == Error::no_space) {
    // No room on the disk for the renewal that the mark of a removal needs: the payload first, for once. Its entry is a miss meanwhile. One
    // payload may be less than a renewal takes; those that follow make up for it.
    unlink_files_of(directory_, key, entry.output_count());
    removed = change.remove(key);
    if (!removed && removed.error().error == Error::no_space) {
      count(fate, last_use(entry, now_), holdings);
      unmarked_.push_back(key);
      return {};
    }
  }
  if (!removed) return removed.error();
  unlink_files_of(directory_, key, entry.output_count());
  count(fate, last_use(entry, now_), holdings);
  return {};
}

result<void> Collector::remove_unmarked() {
  if (unmarked_.empty()) return {};
  auto change = WriteTransaction::begin(store_);
  if (!change) return change.error();
  for (const std::string& key : unmarked_) {
    const ArtifactView entry = store_.find(key);
    if (!entry || has_payload(directory_, entry)) continue;  // removed, or stored anew meanwhile
    const auto removed = change->remove(key);
    if (removed) continue;
    // Still none: what belongs to no payload is a miss, and goes with the next collection.
    if (removed.error().error == Error::no_space) break;
    return removed.error();
  }
  return {};
}

void Collector::count(Fate fate, Minute used, const Holdings& holdings) noexcept {
  ++(fate == Fate::dangling ? report_.dangling : fate == Fate::expire ? report_.expired : report_.evicted);
  held_ -= holdings;
  plan_.gone(used, holdings);
}

Holdings Collector::holdings_of(const ArtifactView& entry) const {
  Holdings holdings = record_of(entry);
  DiskUsage payload;
  for (const fs::path& file : files_of(directory_, entry.key(), entry.output_count())) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) == 0) payload.add(status);
  }
  holdings.payload_bytes = payload.bytes();
  return holdings;
}

bool Collector::go_on(const char* phase, std::uint64_t done, std::uint64_t total) {
  if (options_.progress && done % kBetweenReports == 0) options_.progress({.phase = phase, .done = done, .total = total});
  return report_.finished = std::chrono::steady_clock::now() < deadline_;
}

result<CollectionReport> collect_garbage(ArtifactStore& store, const CollectionOptions& options) {
  if (store.read_only() && !options.dry_run) return Failure{Error::read_only, store.directory().string()};
  const auto max_bytes = options.policy.max_size.on_disk_of(store.directory());
  if (!max_bytes) return max_bytes.error();
  if (options.dry_run) return collect(store, options, *max_bytes);
  LockFile collector(CacheDirectory(store.directory()).lock(), LockByte::collector);
  const auto elected = collector.acquire_at_path(milliseconds{0});
  if (!elected) return elected.error();
  return collect(store, options, *max_bytes);
}

std::uint64_t bytes_on_disk(const fs::path& directory) {
  DiskUsage usage;
  for_each_file(directory, [&](const fs::path& /*path*/, const struct stat& status) {
    usage.add(status);
    return true;
  });
  return usage.bytes();
}

bool collection_due(const ArtifactStore& store, const EvictionPolicy& policy) noexcept {
  if (store.read_only()) return false;
  const CollectorState state = read_state(CacheDirectory(store.directory()), policy);
  const std::uint64_t inserts = store.stats().inserts;
  // Fewer inserts than there were: the counters or the directory were made anew.
  return inserts >= state.next_inserts || inserts < state.inserts || now_secs() >= state.next_at_secs || state.policy != identity(policy);
}

result<bool> collect_garbage_if_due(ArtifactStore& store, const CollectionOptions& options) {
  if (!collection_due(store, options.policy)) return false;
  const auto report = collect_garbage(store, options);
  if (!report && report.error().error == Error::lock_timeout) return false;
  if (!report) return report.error();
  return true;
}

}  // namespace zccache
