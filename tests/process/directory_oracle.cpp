#include "process/directory_oracle.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "support.hpp"

namespace zccache::test {
namespace {

/// The reverse of storm_key().
StormEntry entry_of(std::string_view key) {
  StormEntry entry{kStormWorkers, 0};
  const auto dash = key.find('-');
  std::from_chars(key.data(), key.data() + dash, entry.first);
  std::from_chars(key.data() + dash + 1, key.data() + key.size(), entry.second);
  return entry;
}

std::string key_of(const StormEntry& entry) { return storm_key(entry.first, entry.second); }

}  // namespace

std::string storm_key(std::size_t worker, std::uint64_t number) { return std::to_string(worker) + "-" + std::to_string(number); }

LifeId DirectoryOracle::begin_life(LifeId before, Legacy legacy) {
  Life life;
  life.birth = log_.events;
  life.snapshot_since = life.birth;
  if (legacy != Legacy::nothing) {
    const Life& old = lives_[before];
    life.before = before;
    life.stored = legacy == Legacy::all ? old.stored : old.flushed;
    life.flushed = old.flushed;
    life.lost_snapshot = old.lost_snapshot;
    if (legacy == Legacy::all && !old.lost_snapshot) life.removed = old.removed;
  }
  lives_.push_back(std::move(life));
  return lives_.size() - 1;
}

LifeId DirectoryOracle::resume_life(LifeId life, LifeId after) {
  const LifeId resumed = begin_life(life, Legacy::all);
  lives_[resumed].before = after;
  return resumed;
}

void DirectoryOracle::at_path(LifeId life) {
  const std::uint64_t event = log_.events;
  lives_[life].events.insert(event);
  life_at_.resize(std::max<std::size_t>(life_at_.size(), event + 1));
  life_at_[event] = life;
}

void DirectoryOracle::lose_snapshot(LifeId life) {
  lives_[life].flushed.clear();
  lives_[life].lost_snapshot = true;
  lives_[life].snapshot_since = log_.events;
}

void DirectoryOracle::forget(const StormEntry& entry) {
  for (Life& life : lives_) {
    life.stored.erase(entry);
    life.flushed.erase(entry);
    life.removed.erase(entry);
  }
}

void DirectoryOracle::apply(std::size_t worker, const StormRecord& record) {
  const StormEntry entry{worker, record.number};
  const bool belongs = record.ok && record.first == record.last && record.first % 2 == 0;
  acknowledged_ += record.action == StormAction::insert && record.ok ? 1 : 0;
  if (record.action == StormAction::remove) forget(entry);  // wherever it went: and a copy may have been made just before
  if (!belongs || record.first >= life_at_.size() || !life_at_[record.first]) return;
  Life& life = lives_[*life_at_[record.first]];
  if (record.action == StormAction::insert) life.stored.insert(entry);
  if (record.action == StormAction::remove) life.removed.insert(entry);
  if (record.action != StormAction::flush || record.first < life.snapshot_since) return;
  for (const StormEntry& stored : life.stored) {
    if (log_.workers[stored.first].records[stored.second].ended < record.began) life.flushed.insert(stored);
  }
}

void DirectoryOracle::absorb() {
  for (std::size_t worker = 0; worker < kStormWorkers; ++worker) {
    StormRecord* const records = log_.workers[worker].records;
    std::uint64_t& next = absorbed_[worker];
    for (; next < kStormOperations && records[next].done; ++next) apply(worker, records[next]);
    // A removal that is on its way may have happened, in one of two lives.
    if (next < kStormOperations && records[next].begun && records[next].action == StormAction::remove) {
      forget({worker, records[next].number});
    }
  }
}

void DirectoryOracle::killed(std::size_t worker) {
  const std::uint64_t at = log_.workers[worker].count;
  if (at < kStormOperations && log_.workers[worker].records[at].begun) {
    StormRecord& record = log_.workers[worker].records[at];
    if (!record.done) {
      record.last = log_.events;
      record.ended = ++log_.clock;
      record.done = true;
    }
    log_.workers[worker].count = at + 1;
  }
  absorb();
}

bool DirectoryOracle::may_have(LifeId id, const StormEntry& entry) const {
  if (entry.first >= kStormWorkers || entry.second >= kStormOperations) return false;
  const StormRecord& record = log_.workers[entry.first].records[entry.second];
  if (!record.begun || record.action != StormAction::insert) return false;
  const std::uint64_t last = record.done ? record.last : log_.events.load();
  std::uint64_t until = log_.events;
  for (std::optional<LifeId> life = id; life; life = lives_[*life].before) {
    const auto at = lives_[*life].events.lower_bound(record.first);
    if (at != lives_[*life].events.end() && *at <= std::min(last, until)) return true;
    until = std::min(until, lives_[*life].birth);
  }
  return false;
}

void DirectoryOracle::check(LifeId id, const std::filesystem::path& dir) {
  absorb();
  const Life life = lives_[id];  // as it is now: what comes while we look is looked at the next time
  ++counts_.checked;
  OpenOptions options = read_only();
  options.snapshot_only = true;
  const auto snapshot = ArtifactStore::open(dir, options);
  for (const StormEntry& entry : life.flushed) {
    if (snapshot && snapshot->find(key_of(entry))) continue;
    absorb();  // it may have been removed just now
    counts_.lost += lives_[id].flushed.contains(entry) ? 1 : 0;
  }
  const auto store = ArtifactStore::open(dir, small_index());
  if (!store) {
    counts_.lost += life.stored.size();
    return;
  }
  for (const StormEntry& entry : life.stored) {
    const std::string key = key_of(entry);
    const auto found = store->get(key);
    if (!found) absorb();
    counts_.lost += !found && lives_[id].stored.contains(entry) ? 1 : 0;
    counts_.wrong += found && *found != artifact_of(key, entry.second) ? 1 : 0;
  }
  counts_.entries += life.stored.size();
  const auto all = store->load_all();
  absorb();  // removals
  for (const StormEntry& entry : life.removed) {
    if (lives_[id].removed.contains(entry) && store->find(key_of(entry))) ++counts_.wrong;
  }
  for (const auto& [key, artifact] : all) {
    const StormEntry entry = entry_of(key);
    if (!may_have(id, entry) || artifact != artifact_of(key, entry.second)) ++counts_.wrong;
  }
}

}  // namespace zccache::test
