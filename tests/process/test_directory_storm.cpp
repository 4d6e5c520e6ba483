// Processes that store, remove, flush and look up, and begin and end at any time, while a person does all that can be done to the names of a
// cache directory. Whatever was acknowledged in a life of the directory is in it for as long as that life lasts, and nothing of another one is.
#include <zccache/artifact_store.hpp>
#include <zccache/eviction.hpp>

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/directory_oracle.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

/// So many operations of a worker between two events: lives stay small enough to be looked through.
constexpr int kOperationsForEachEvent = 30;

class Worker {
 public:
  Worker(const fs::path& dir, StormLog& log, std::size_t worker, std::uint64_t seed)
      : dir_(dir), log_(log), worker_(worker), random_(seed), options_(small_index()) {
    options_.lock_timeout = std::chrono::seconds(20);
    if (worker != 0) return;
    options_.flusher = Flusher::thread;  // one flushes periodically, and when it ends
    options_.flush_interval = std::chrono::milliseconds(3);
  }

  int run() {
    const std::uint64_t end = log_.workers[worker_].count + 20 + random_() % 400;
    while (!log_.stop && log_.workers[worker_].count < std::min<std::uint64_t>(end, kStormOperations)) {
      wait_for_an_event_now_and_then();
      if (!store_) open();
      const std::uint64_t at = log_.workers[worker_].count;
      choose(at);
    }
    return 0;
  }

 private:
  void choose(std::uint64_t at) {
    switch (random_() % 32) {
      case 0:
      case 1:
        return operate(StormAction::flush, at, [&] { return refusal_of(store_->flush()); });
      case 2:
      case 3:
        return remove_latest(at);
      case 4:
        return remove_batch(at);
      case 5:
        return operate(StormAction::other, at, [&] { return look_around(); });
      case 6:
        return operate(StormAction::other, at, [&] { return refusal_of(store_->reset_counters()); });
      case 7:
      case 8:
        return operate(StormAction::insert, at, [&] { return merge_one(at); });
      case 9:
      case 10:
        return operate(StormAction::insert, at, [&] { return insert_batch(at); });
      case 11:
        if (random_() % 8 == 0) return clear_or_collect(at);
        [[fallthrough]];
      default:
        insert_and_look(at);
    }
  }

  void open() {
    auto opened = ArtifactStore::open(dir_, options_);
    if (opened) store_.emplace(std::move(*opened));
    log_.opened += opened ? 1 : 0;
  }

  void wait_for_an_event_now_and_then() {
    for (std::uint64_t event = log_.events; event != seen_; seen_ = event) done_since_ = 0;
    while (done_since_ == kOperationsForEachEvent && log_.events == seen_ && !log_.stop) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    if (done_since_ < kOperationsForEachEvent) ++done_since_;
  }

  /// Why an operation failed, if it did.
  using Refusal = std::optional<Failure>;
  template <class Result>
  static Refusal refusal_of(const Result& result) {
    return result ? Refusal() : result.error();
  }

  void operate(StormAction action, std::uint64_t number, const std::function<Refusal()>& work, std::uint64_t count = 1) {
    StormRecord& record = log_.workers[worker_].records[log_.workers[worker_].count];
    record.action = action;
    record.number = number;
    record.count = count;
    record.began = ++log_.clock;
    record.first = log_.events;
    record.begun = true;
    const Refusal refusal = store_ ? work() : Refusal();
    record.ok = store_ && !refusal;
    record.last = log_.events;
    record.ended = ++log_.clock;
    record.done = true;
    // In a quiet moment nothing but a symlink is a reason to refuse.
    const bool quiet = record.first == record.last && record.first % 2 == 0 && !log_.is_symlink;
    const bool may_refuse = action == StormAction::other || action == StormAction::collect;
    if (quiet && refusal && !may_refuse && log_.refused++ == 0) {
      refusal->message().copy(log_.refusal, sizeof log_.refusal - 1);
    }
    ++log_.workers[worker_].count;
    ++log_.operations;
  }

  /// What this process has just stored it finds, as long as nothing happens.
  void insert_and_look(std::uint64_t at) {
    const std::uint64_t clears = log_.clears;
    const bool cleared = std::ranges::any_of(log_.workers, [](const auto& worker) { return worker.clears.load(); });
    const std::string key = storm_key(worker_, at);
    const Artifact artifact = artifact_of(key, at);
    operate(StormAction::insert, at, [&] { return refusal_of(store_->insert(key, artifact)); });
    const StormRecord& record = log_.workers[worker_].records[at];
    if (!record.ok) return;
    latest_ = at;
    const auto found = store_->get(key);
    const bool quiet = record.first % 2 == 0 && log_.events == record.first && !cleared && log_.clears == clears;
    log_.lost += quiet && !found ? 1 : 0;
    log_.wrong += found && *found != artifact ? 1 : 0;
  }

  void remove_latest(std::uint64_t at) {
    const std::uint64_t number = latest_.value_or(at);  // or what is not there
    remove(number, 1, [&] { return store_->remove(storm_key(worker_, number)); });
  }

  void remove_batch(std::uint64_t at) {
    const std::uint64_t count = std::min<std::uint64_t>(at, 4);
    std::vector<std::string> keys;
    for (std::uint64_t number = at - count; number < at; ++number) keys.push_back(storm_key(worker_, number));  // some are no entries
    remove(at - count, count, [&] { return store_->remove_batch(keys); });
  }

  template <class Remove>
  void remove(std::uint64_t first, std::uint64_t count, Remove really_remove) {
    const auto work = [&] {
      const auto removed = really_remove();
      log_.workers[worker_].records[log_.workers[worker_].count].removed = removed ? *removed : 0;
      return refusal_of(removed);
    };
    operate(StormAction::remove, first, work, count);
    latest_.reset();
  }

  void clear_or_collect(std::uint64_t at) {
    const auto work = [&](const auto& act) {
      log_.workers[worker_].clears = true;
      ++log_.clears;
      Refusal refusal = act();
      log_.workers[worker_].clears = false;
      return refusal;
    };
    latest_.reset();
    if (random_() % 2 == 0) return operate(StormAction::clear, at, [&] { return work([&] { return refusal_of(store_->clear()); }); });
    operate(StormAction::collect, at, [&] { return work([&] { return refusal_of(collect_garbage(*store_, {})); }); });
  }

  Refusal insert_batch(std::uint64_t at) {
    const std::vector<std::pair<std::string, Artifact>> batch{{storm_key(worker_, at), artifact_of(storm_key(worker_, at), at)}};
    return refusal_of(store_->insert_many(batch));
  }

  Refusal merge_one(std::uint64_t at) {
    const std::string key = storm_key(worker_, at);
    return refusal_of(store_->merge([&](const auto& visit) { (void)visit(key, artifact_of(key, at)); }));
  }

  /// All that does not change entries.
  Refusal look_around() {
    store_->count_hit();
    store_->count_miss();
    if (latest_) store_->touch(storm_key(worker_, *latest_));
    (void)store_->stats();
    store_->for_each([&](const ArtifactView& view) {
      log_.wrong += is_whole(view.key(), view.to_artifact()) ? 0 : 1;
      return true;
    });
    if (random_() % 4 == 0) store_.reset();
    return store_ ? refusal_of(store_->flush_if_due()) : Refusal();
  }

  const fs::path dir_;
  StormLog& log_;
  const std::size_t worker_;
  std::mt19937_64 random_;
  OpenOptions options_;
  std::optional<ArtifactStore> store_;
  std::optional<std::uint64_t> latest_;
  std::uint64_t seen_ = 0;
  int done_since_ = 0;
};

/// What happens to the directory, and which life is where afterwards.
class Person {
 public:
  Person(const fs::path& root, StormLog& log) : root_(root), dir_(root / "parent" / "cache"), log_(log), oracle_(log) { oracle_.at_path(0); }

  [[nodiscard]] const fs::path& dir() const noexcept { return dir_; }
  [[nodiscard]] DirectoryOracle& oracle() noexcept { return oracle_; }

  void act(std::mt19937_64& random) {
    ++log_.events;  // odd: from now on nobody knows
    oracle_.at_path(current_);
    oracle_.absorb();
    if (link_) {
      take_back_symlink();
    } else if (moved_live_) {
      put_live_back();
    } else {
      choose(random());
    }
    oracle_.at_path(current_);
    ++log_.events;
    oracle_.at_path(current_);
    while (parked_.size() > 4) check_and_drop(parked_.front());
    std::set<LifeId> present{current_};
    for (const Parked& parked : parked_) present.insert(parked.life);
    if (moved_live_) present.insert(*moved_live_);
    oracle_.keep_only(present);
  }

  void check_all() {
    oracle_.check(current_, link_.value_or(dir_));
    for (const Parked& parked : parked_) oracle_.check(parked.life, parked.path);
  }
  void check_current() {
    if (!link_) oracle_.check(current_, dir_);
  }

 private:
  struct Parked {
    fs::path path;
    LifeId life;
  };

  void choose(std::uint64_t which) {
    std::error_code ignored;
    switch (which % 13) {
      case 0:
        remove(dir_);
        return begin(0, DirectoryOracle::Legacy::nothing);
      case 1:
        remove(dir_.parent_path());
        return begin(0, DirectoryOracle::Legacy::nothing);
      case 2:
        return park(dir_, {});
      case 3:
        return park(dir_.parent_path(), "cache");
      case 4:
      case 5:
        if (!parked_.empty()) restore(which / 13 % parked_.size());
        return;
      case 6:
        return replace_by_copy();
      case 7:
        fs::remove(dir_ / "index.lock", ignored);
        return;
      case 8:
        if (fs::remove(dir_ / "index.live", ignored)) begin(current_, DirectoryOracle::Legacy::snapshot);
        return;
      case 9:
        return remove_snapshot();
      case 10:
        return move_live_away();
      case 11:
        return replace_by_symlink();
      default:
        return copy_live_over_itself();
    }
  }

  void begin(LifeId before, DirectoryOracle::Legacy legacy) { oracle_.at_path(current_ = oracle_.begin_life(before, legacy)); }

  /// Until there was a moment without it: somebody may make a file in it while we remove others.
  static void remove(const fs::path& what) {
    std::error_code error;
    do {
      fs::remove_all(what, error);
    } while (error);
  }

  fs::path aside() { return root_ / ("aside-" + std::to_string(names_++)); }

  /// Moves `what`, which is the directory or has it at `inside`, out of the way.
  void park(const fs::path& what, const fs::path& inside) {
    const fs::path to = aside();
    if (::rename(what.c_str(), to.c_str()) != 0) return;  // nobody has made it yet
    const fs::path cache = inside.empty() ? to : to / inside;
    if (fs::exists(cache)) parked_.push_back({cache, current_});
    begin(0, DirectoryOracle::Legacy::nothing);
  }

  /// What is there meanwhile is parked in turn, under one system call.
  void restore(std::size_t which) {
    const Parked back = parked_[which];
    parked_.erase(parked_.begin() + static_cast<std::ptrdiff_t>(which));
    for (;;) {
      std::error_code ignored;
      fs::create_directories(dir_.parent_path(), ignored);
      if (::renameat2(AT_FDCWD, back.path.c_str(), AT_FDCWD, dir_.c_str(), RENAME_EXCHANGE) == 0) {
        parked_.push_back({back.path, current_});
        break;
      }
      if (::renameat2(AT_FDCWD, back.path.c_str(), AT_FDCWD, dir_.c_str(), RENAME_NOREPLACE) == 0) break;
    }
    current_ = back.life;
  }

  /// As cp(1): of the file that the name led to once. std::filesystem asks for the size first and opens it then, which may be another.
  static bool copy(const fs::path& from, const fs::path& to) {
    std::ifstream source(from, std::ios::binary);
    if (!source) return false;
    std::ofstream(to, std::ios::binary) << source.rdbuf();
    fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
    return true;
  }

  /// As `cp -r` and a rename: of files that others change meanwhile, and may remove.
  void replace_by_copy() {
    const fs::path to = aside();
    std::error_code error;
    fs::create_directory(to);
    fs::permissions(to, fs::perms::owner_all);
    bool live = false;
    for (const auto& file : fs::directory_iterator(dir_, error)) {
      live |= copy(file.path(), to / file.path().filename()) && file.path().filename() == "index.live";
    }
    const auto legacy = live ? DirectoryOracle::Legacy::all : DirectoryOracle::Legacy::snapshot;
    const LifeId copied = oracle_.begin_life(current_, legacy);
    oracle_.forget_removals(copied);
    parked_.push_back({to, copied});
    restore(parked_.size() - 1);
  }

  void copy_live_over_itself() {
    if (!copy(dir_ / "index.live", dir_ / "copy")) return;
    const LifeId copied = oracle_.begin_life(current_, DirectoryOracle::Legacy::all);
    fs::rename(dir_ / "copy", dir_ / "index.live");
    oracle_.at_path(current_ = copied);
  }

  void remove_snapshot() {
    std::error_code ignored;
    const bool has_live_index = fs::exists(dir_ / "index.live");  // before: then it was made while the snapshot was there
    fs::remove(dir_ / "index.snap", ignored);
    oracle_.lose_snapshot(current_, has_live_index);
  }

  void move_live_away() {
    std::error_code error;
    fs::rename(dir_ / "index.live", dir_ / "moved", error);
    if (error) return;
    moved_live_ = current_;
    begin(current_, DirectoryOracle::Legacy::snapshot);
  }
  void put_live_back() {
    fs::rename(dir_ / "moved", dir_ / "index.live");
    current_ = oracle_.resume_life(*moved_live_, current_);
    moved_live_.reset();
  }

  void replace_by_symlink() {
    const fs::path to = aside();
    if (::rename(dir_.c_str(), to.c_str()) != 0) return;
    // Whoever makes another one in between has it parked.
    const LifeId linked = current_;
    begin(0, DirectoryOracle::Legacy::nothing);
    std::error_code error;
    for (fs::create_directory_symlink(to, dir_, error); error; fs::create_directory_symlink(to, dir_, error)) park(dir_, {});
    current_ = linked;
    link_ = to;
    log_.is_symlink = true;
  }
  void take_back_symlink() {
    parked_.push_back({*link_, current_});
    link_.reset();
    fs::remove(dir_);
    begin(0, DirectoryOracle::Legacy::nothing);  // for whoever is quick
    restore(parked_.size() - 1);
    log_.is_symlink = false;
  }

  void check_and_drop(const Parked& parked) {
    oracle_.check(parked.life, parked.path);
    remove(parked.path);
    parked_.pop_front();
  }

  const fs::path root_, dir_;
  StormLog& log_;
  DirectoryOracle oracle_;
  LifeId current_ = 0;
  std::deque<Parked> parked_;
  std::optional<fs::path> link_;
  std::optional<LifeId> moved_live_;
  int names_ = 0;
};

void storm(int events) {
  const MemoryDir temp;
  const Shared<StormLog> log;
  Person person(temp.path(), *log);
  std::mt19937_64 random(17 + Catch::rngSeed());
  std::vector<Child> workers;
  int dead = 0;
  const auto start = [&](std::size_t worker) {
    return Child([&, worker, seed = random()] { return Worker(person.dir(), *log, worker, seed).run(); });
  };
  for (std::size_t worker = 0; worker < kStormWorkers; ++worker) workers.push_back(start(worker));
  const auto replace_those_that_ended = [&] {
    for (std::size_t worker = 0; worker < kStormWorkers; ++worker) {
      siginfo_t ended{};
      ::waitid(P_PID, static_cast<id_t>(workers[worker].pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
      if (ended.si_pid == 0) continue;
      dead += workers[worker].reap() == 0 ? 0 : 1;
      person.oracle().killed(worker);
      workers[worker] = start(worker);
    }
  };
  std::uint64_t before = 0;
  for (int event = 0; event < events; ++event) {
    // At any moment of what they do: after some operations, while others are under way.
    const std::uint64_t until = before + random() % (kStormWorkers * kOperationsForEachEvent / 2);
    while (log->operations < until) {
      replace_those_that_ended();
      std::this_thread::yield();
    }
    if (event % 50 == 49) {
      const std::size_t victim = random() % kStormWorkers;
      workers[victim].kill_and_reap();
      person.oracle().killed(victim);
      workers[victim] = start(victim);
    }
    before = log->operations;
    person.act(random);
    if (event % 20 == 19) person.check_current();
  }
  log->stop = true;
  for (Child& worker : workers) dead += worker.reap() == 0 ? 0 : 1;
  person.check_all();
  const auto& counts = person.oracle().counts();
  INFO(person.oracle().complaint());
  INFO(log->refusal);
  CHECK(dead == 0);
  CHECK(log->lost == 0);
  CHECK(log->wrong == 0);
  CHECK(log->refused == 0);
  CHECK(counts.lost == 0);
  CHECK(counts.wrong == 0);
  CHECK(person.oracle().lives() > static_cast<std::size_t>(events) / 4);
  CHECK(counts.entries > 0);
  WARN(events << " events: " << person.oracle().lives() << " lives, " << log->opened << " stores opened, " << log->operations << " operations, "
              << person.oracle().acknowledged() << " entries acknowledged; " << counts.checked << " looks at a directory found "
              << counts.entries << " entries that had to be there");
}

}  // namespace

TEST_CASE("in_a_storm_of_events_each_life_of_a_directory_keeps_what_was_acknowledged_in_it") { storm(400); }
TEST_CASE("ten_thousand_events_of_a_directory_lose_nothing_acknowledged", "[.][full]") { storm(10'000); }
