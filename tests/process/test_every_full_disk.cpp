// Full disks of each kind: where blocks that a file has are changed in place (ext4, xfs), where each change takes a new one (btrfs), and where
// the index shares its blocks with a copy of it (xfs, btrfs). Nobody dies, no change that was acknowledged is lost, and with room all goes on.
#include <zccache/artifact_store.hpp>
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "process/loop_disk.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

struct Kind {
  const char* type;
  bool shared;  ///< with a copy of the live index, made before the disk is full
};
constexpr std::array kKinds{Kind{"ext4", false}, Kind{"xfs", false}, Kind{"xfs", true}, Kind{"btrfs", false}, Kind{"btrfs", true}};
constexpr std::array kShared{Kind{"xfs", true}, Kind{"btrfs", true}};

// ThreadSanitizer holds a lock of its own during an atomic operation. A store that is abandoned because no block is left never unlocks it.
#ifdef __SANITIZE_THREAD__
constexpr bool kUnderThreadSanitizer = true;
#else
constexpr bool kUnderThreadSanitizer = false;
#endif

template <std::size_t N>
void on_each(const std::array<Kind, N>& kinds, const std::function<int(const std::filesystem::path& disk, bool shared)>& work,
             int expected = 0) {
  if (kUnderThreadSanitizer) {
    WARN("not run under ThreadSanitizer");
    return;
  }
  for (const Kind& kind : kinds) {
    const MemoryDir temp;
    const int code = on_a_disk_of(kind.type, temp.path(), [&](const auto& disk) { return work(disk, kind.shared); });
    if (code == kNoSuchDisk) {
      WARN(std::string("not run: this user cannot mount a disk of type ") + kind.type);
      continue;
    }
    INFO(kind.type << (kind.shared ? ", with shared blocks" : ""));
    CHECK(code == expected);
  }
}

std::filesystem::path cache_on(const std::filesystem::path& disk) { return disk / "cache"; }

ArtifactStore open_on(const std::filesystem::path& disk) {
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = 4 << 20;  // with room left, so that it is not for want of that if a change is refused
  return ArtifactStore::open(cache_on(disk), options).value();
}

void fill_up(const std::filesystem::path& disk, bool shared) {
  if (shared && !share_blocks(cache_on(disk) / "index.live", disk / "copy")) throw std::runtime_error("blocks are not shared");
  exhaust(disk);
}

/// Makes changes, and remembers what each key may hold: what was acknowledged last, or what was refused since. As after a kill, a change that
/// was refused for want of space may have happened.
class Ledger {
 public:
  explicit Ledger(ArtifactStore& store) : store_(&store) {}

  result<void> insert(std::uint64_t key) {
    const std::uint64_t generation = ++generation_;
    return note(key, generation, store_->insert(key_of(key), artifact_of(key_of(key), generation)));
  }
  result<bool> remove(std::uint64_t key) { return note(key, std::nullopt, store_->remove(key_of(key))); }

  [[nodiscard]] unsigned refused() const { return refused_; }
  /// Whether every change was acknowledged or refused for want of space, and `store` has what it then may have.
  [[nodiscard]] bool agrees_with(const ArtifactStore& store) const {
    return !failed_otherwise_ && std::ranges::all_of(possible_, [&](const auto& entry) {
      const auto found = store.get(key_of(entry.first));
      if (found && *found != artifact_of(key_of(entry.first), found->stored_at_secs)) return false;
      return std::ranges::any_of(entry.second, [&](const Value& value) {
        return value.has_value() == found.has_value() && (!found || *value == found->stored_at_secs);
      });
    });
  }

 private:
  using Value = std::optional<std::uint64_t>;

  template <class Result>
  Result note(std::uint64_t key, const Value& value, Result outcome) {
    auto& possible = possible_[key];
    if (outcome || possible.empty()) possible = {outcome ? value : std::nullopt};
    if (!outcome) {
      possible.push_back(value);
      ++refused_;
      failed_otherwise_ |= outcome.error().error != Error::no_space;
    }
    return outcome;
  }

  ArtifactStore* store_;
  std::map<std::uint64_t, std::vector<Value>> possible_;
  std::uint64_t generation_ = 0;
  unsigned refused_ = 0;
  bool failed_otherwise_ = false;
};

template <class T>
bool done_or_no_space(const result<T>& outcome) {
  return outcome || outcome.error().error == Error::no_space;
}

/// What else there is that stores into the live index.
bool others_are_done_or_refused(ArtifactStore& store) {
  store.count_hit();
  store.count_miss();
  store.count(3);
  store.touch(key_of(1));
  return done_or_no_space(store.flush()) && done_or_no_space(store.reset_counters());
}

bool is_sound(const std::filesystem::path& disk) {
  const auto report = check(cache_on(disk));
  return report && !report->damaged && !report->rebuild_needed;
}

constexpr std::uint64_t kEntries = 300;

}  // namespace

TEST_CASE("on_every_kind_of_full_disk_a_change_is_acknowledged_and_stays_or_is_refused_with_no_space") {
  on_each(kKinds, [](const auto& disk, bool shared) {
    ArtifactStore store = open_on(disk);
    Ledger ledger(store);
    for (std::uint64_t i = 0; i < kEntries; ++i) ledger.insert(i).value();
    store.flush().value();
    fill_up(disk, shared);
    // Where the blocks are shared there is none for the first store; else this test shows nothing.
    if (shared && ledger.insert(0)) return 1;
    // Few: each store that a full btrfs refuses costs it a commit.
    for (std::uint64_t i = 0; i < kEntries; i += 60) {
      (void)ledger.insert(i);
      (void)ledger.remove(i + 1);
      (void)ledger.insert(kEntries + i);
      if (!others_are_done_or_refused(store)) return 2;
    }
    if (!ledger.agrees_with(store)) return 3;
    {  // one that comes now, uses something and goes
      ArtifactStore late = open_on(disk);
      if (!others_are_done_or_refused(late) || !ledger.agrees_with(late)) return 4;
    }
    give_back_all(disk);
    const unsigned refused = ledger.refused();
    for (std::uint64_t i = 0; i < 2 * kEntries; ++i) (void)ledger.insert(i);
    if (ledger.refused() != refused || !ledger.agrees_with(store) || store.size() != 2 * kEntries) return 5;
    if (!store.remove(key_of(0)) || !store.flush() || !store.reset_counters()) return 6;
    return is_sound(disk) ? 0 : 7;
  });
}

TEST_CASE("a_change_whose_first_second_or_any_other_page_finds_no_block_leaves_an_index_that_is_sound") {
  on_each(kShared, [](const auto& disk, bool shared) {
    ArtifactStore store = open_on(disk);
    Ledger ledger(store);
    for (std::uint64_t i = 0; i < kEntries; ++i) ledger.insert(i).value();
    unsigned partly = 0;
    for (std::uint64_t blocks = 0; blocks < 24; ++blocks) {
      fill_up(disk, shared);
      give_back(disk, blocks);
      const unsigned before = ledger.refused();
      // Of these the first takes a block for each page, those that follow for what the first has not changed.
      const bool inserted = ledger.insert(kEntries + blocks).has_value();
      const bool replaced = ledger.insert(blocks).has_value();
      const bool removed = ledger.remove(100 + blocks).has_value();
      if (!inserted && (replaced || removed)) ++partly;
      if (ledger.refused() != before + 3 - inserted - replaced - removed) return 1;
      if (!ledger.agrees_with(store)) return 2;
      give_back_all(disk);
      // The next change settles what was begun.
      if (!ledger.insert(200 + blocks) || !ledger.agrees_with(store) || !ledger.agrees_with(open_on(disk))) return 3;
    }
    return ledger.refused() > 0 && is_sound(disk) ? 0 : 4;
  });
}

TEST_CASE("a_renewal_that_finds_no_block_leaves_the_old_generation_in_use") {
  on_each(kKinds, [](const auto& disk, bool shared) {
    ArtifactStore store = open_on(disk);
    Ledger ledger(store);
    for (std::uint64_t i = 0; i < kEntries; ++i) ledger.insert(i).value();
    store.count_hit(5);
    unsigned renewals = 0;
    for (std::uint64_t blocks = 0; blocks < 4096; blocks = 2 * blocks + 1) {
      fill_up(disk, shared);
      give_back(disk, blocks);
      const auto one_more = [&](const std::function<bool(std::string_view, const Artifact&)>& visit) {
        visit(key_of(1000), artifact_of(key_of(1000), 7));
      };
      const auto merged = store.merge(one_more);  // by a renewal
      if (!done_or_no_space(merged)) return 1;
      if (merged && store.get(key_of(1000)) != artifact_of(key_of(1000), 7)) return 2;
      renewals += merged ? 1 : 0;
      if (!ledger.agrees_with(store) || !ledger.agrees_with(open_on(disk))) return 3;
      if (std::filesystem::exists(cache_on(disk) / ".index.live.tmp")) return 4;
      give_back_all(disk);
      if (!ledger.insert(1) || !store.remove(key_of(1000))) return 5;
    }
    if (store.stats().hits != 5) return 6;
    const auto cleared = store.clear();
    return renewals > 0 && cleared && *cleared == kEntries && is_sound(disk) ? 0 : 7;
  });
}

TEST_CASE("on_every_kind_of_full_disk_a_collection_makes_room") {
  on_each(kKinds, [](const auto& disk, bool shared) {
    ArtifactStore store = open_on(disk);
    PayloadStore payloads(store);
    const std::vector<OutputFile> outputs{{"output", disk / "output"}};
    for (std::uint64_t i = 0; i < 20; ++i) {
      // A file for each, since a payload may share its blocks; together more than the index, each of whose blocks has to be written anew.
      std::filesystem::remove(disk / "output");
      write_file(disk / "output", std::string(400'000, 'x'));
      payloads.put(key_of(i), outputs, "", "").value();
    }
    fill_up(disk, shared);
    if (shared && store.remove(key_of(0))) return 1;  // else this test shows nothing

    CollectionOptions all;
    all.policy = {.max_size = {.bytes = 1}};
    const auto report = collect_garbage(store, all);
    if (!report || report->evicted != 20) return 2;
    // What it could not mark as removed, a later one finds; xfs frees what was unlinked in the background.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!store.empty()) {
      if (!collect_garbage(store, {}) || std::chrono::steady_clock::now() > deadline) return 3;
    }
    if (!payloads.put(key_of(0), outputs, "", "")) return 4;
    return payloads.verify(store.find(key_of(0))).value() && is_sound(disk) ? 0 : 5;
  });
}

TEST_CASE("a_store_that_is_to_leave_signals_alone_is_ended_by_a_full_disk_that_writes_blocks_anew") {
  const auto change_without_handler = [](const auto& disk, bool shared) {
    const struct rlimit no_core {};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGBUS, SIG_DFL);  // a sanitizer has one of its own
    OpenOptions options = manual_flush();
    options.handle_sigbus = false;
    ArtifactStore store = ArtifactStore::open(cache_on(disk), options).value();
    store.insert(key_of(0), artifact_of(key_of(0), 0)).value();
    fill_up(disk, shared);
    return store.insert(key_of(1), artifact_of(key_of(1), 1)) ? 1 : 2;
  };
  on_each(kShared, change_without_handler, 128 + SIGBUS);
}
