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

bool is_clear(StormAction action) { return action == StormAction::clear || action == StormAction::collect; }

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
    life.cleared_until = old.cleared_until;
    if (legacy == Legacy::all && !old.lost_snapshot) life.removed = old.removed;
  }
  kept_.insert(lives_.size());
  lives_.push_back(std::move(life));
  return lives_.size() - 1;
}

LifeId DirectoryOracle::resume_life(LifeId life, LifeId after) {
  const LifeId resumed = begin_life(life, Legacy::all);
  lives_[resumed].before = after;
  std::erase_if(lives_[resumed].flushed, [&](const StormEntry& entry) { return record_of(entry).began < lives_[after].cleared_until; });
  return resumed;
}

void DirectoryOracle::at_path(LifeId life) {
  const std::uint64_t event = log_.events;
  lives_[life].events.insert(event);
  life_at_.resize(std::max<std::size_t>(life_at_.size(), event + 1));
  life_at_[event] = life;
}

void DirectoryOracle::lose_snapshot(LifeId life, bool has_live_index) {
  if (!has_live_index) lives_[life].stored.clear();
  lives_[life].flushed.clear();
  lives_[life].lost_snapshot = true;
  lives_[life].snapshot_since = log_.events;
}

void DirectoryOracle::keep_only(const std::set<LifeId>& lives) {
  for (const LifeId life : kept_) {
    if (lives.contains(life)) continue;
    lives_[life].stored.clear();
    lives_[life].flushed.clear();
    lives_[life].removed.clear();
  }
  kept_ = lives;
}

void DirectoryOracle::forget(const StormEntry& first, std::uint64_t count) {
  const StormEntry end{first.first, first.second + count};
  for (const LifeId life : kept_) {
    for (std::set<StormEntry>* entries : {&lives_[life].stored, &lives_[life].flushed, &lives_[life].removed}) {
      entries->erase(entries->lower_bound(first), entries->lower_bound(end));
    }
  }
}

void DirectoryOracle::forget_cleared(std::uint64_t first_event, std::uint64_t last_event, std::uint64_t until) {
  for (const LifeId id : kept_) {
    Life& life = lives_[id];
    // One event more: a copy that was begun there may have been made right after it.
    const auto met = life.events.lower_bound(first_event);
    if (met == life.events.end() || *met > last_event + 1) continue;
    life.cleared_until = std::max(life.cleared_until, until);
    const auto is_gone = [&](const StormEntry& entry) { return record_of(entry).began < until; };
    std::erase_if(life.stored, is_gone);
    std::erase_if(life.flushed, is_gone);
  }
}

void DirectoryOracle::note_removed(Life& life, std::size_t worker, const StormRecord& record) {
  std::vector<StormEntry> entries;
  for (std::uint64_t number = record.number; number < record.number + record.count; ++number) {
    if (record_of({worker, number}).action == StormAction::insert) entries.emplace_back(worker, number);
  }
  // What was not there was not removed: where a live index was put back beside the snapshot of the life in between, an entry of that one may
  // still come with the next recovery.
  if (entries.size() == record.removed) life.removed.insert(entries.begin(), entries.end());
}

void DirectoryOracle::apply(std::size_t worker, const StormRecord& record) {
  const StormEntry entry{worker, record.number};
  const bool belongs = record.ok && record.first == record.last && record.first % 2 == 0;
  acknowledged_ += record.action == StormAction::insert && record.ok ? 1 : 0;
  // Wherever it went: and a copy may have been made just before.
  if (record.action == StormAction::remove) forget(entry, record.count);
  if (is_clear(record.action)) forget_cleared(record.first, record.last, record.ended);
  if (!belongs || record.first >= life_at_.size() || !life_at_[record.first]) return;
  const LifeId id = *life_at_[record.first];
  Life& life = lives_[id];
  if (!kept_.contains(id)) return;
  if (record.action == StormAction::insert && record.began > life.cleared_until) life.stored.insert(entry);
  if (record.action == StormAction::remove) note_removed(life, worker, record);
  if (record.action != StormAction::flush || record.first < life.snapshot_since) return;
  for (const StormEntry& stored : life.stored) {
    if (record_of(stored).ended < record.began) life.flushed.insert(stored);
  }
}

void DirectoryOracle::absorb() {
  for (std::size_t worker = 0; worker < kStormWorkers; ++worker) {
    StormRecord* const records = log_.workers[worker].records;
    std::uint64_t& next = absorbed_[worker];
    for (; next < kStormOperations && records[next].done; ++next) apply(worker, records[next]);
    // What is on its way may have happened, in one of two lives.
    if (next == kStormOperations || !records[next].begun) continue;
    const StormRecord& record = records[next];
    if (record.action == StormAction::remove) forget({worker, record.number}, record.count);
    if (is_clear(record.action)) forget_cleared(record.first, log_.events, log_.clock + 1);
  }
}

void DirectoryOracle::killed(std::size_t worker) {
  log_.workers[worker].clears = false;
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

void DirectoryOracle::complain(LifeId life, const StormEntry& entry, const char* what) {
  if (!complaint_.empty()) return;
  const StormRecord& record = record_of(entry);
  complaint_ = "life " + std::to_string(life) + " after event " + std::to_string(log_.events) + ": " + key_of(entry) + " " + what +
               "; stored at " + std::to_string(record.began) + " to " + std::to_string(record.ended) + ", event " +
               std::to_string(record.first) + " to " + std::to_string(record.last);
}

void DirectoryOracle::check(LifeId id, const std::filesystem::path& dir) {
  absorb();
  const Life life = lives_[id];  // as it is now: what comes while we look is looked at the next time
  ++counts_.checked;
  const auto lost = [&](const StormEntry& entry, const char* what) {
    ++counts_.lost;
    complain(id, entry, what);
  };
  const auto wrong = [&](const StormEntry& entry, const char* what) {
    ++counts_.wrong;
    complain(id, entry, what);
  };
  OpenOptions options = read_only();
  options.snapshot_only = true;
  const auto snapshot = ArtifactStore::open(dir, options);
  for (const StormEntry& entry : life.flushed) {
    if (snapshot && snapshot->find(key_of(entry))) continue;
    absorb();  // it may have been removed just now
    if (lives_[id].flushed.contains(entry)) lost(entry, "is not in the snapshot");
  }
  const auto store = ArtifactStore::open(dir, small_index());
  if (!store) {
    for (const StormEntry& entry : life.stored) lost(entry, store.error().message().c_str());
    return;
  }
  for (const StormEntry& entry : life.stored) {
    const std::string key = key_of(entry);
    const auto found = store->get(key);
    if (!found) absorb();
    if (!found && lives_[id].stored.contains(entry)) lost(entry, "is not in the index");
    if (found && *found != artifact_of(key, entry.second)) wrong(entry, "is another one");
  }
  counts_.entries += life.stored.size();
  const auto all = store->load_all();
  absorb();  // removals
  for (const StormEntry& entry : life.removed) {
    if (lives_[id].removed.contains(entry) && store->find(key_of(entry))) wrong(entry, "came back");
  }
  for (const auto& [key, artifact] : all) {
    const StormEntry entry = entry_of(key);
    if (!may_have(id, entry)) {
      wrong(entry, "is of another life");
    } else if (artifact != artifact_of(key, entry.second)) {
      wrong(entry, "is another one");
    }
  }
}

}  // namespace zccache::test
