// insert: from an empty directory to all entries, growth included; one at a time, in batches, and by several processes at once.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "benchmark.hpp"
#include "flat_record.hpp"
#include "mapped_file.hpp"
#include "measure.hpp"
#include "workers.hpp"
#include "writer_locks.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kBatch = 1000;

using Insert = void (Session::*)(std::span<const Entry>);

/// Microseconds per entry. Making the entries is not timed.
double insert_all(Subject& subject, const Workload& workload, Insert insert) {
  start_afresh(subject, workload.size());
  const auto session = subject.attach(Access::read_write);
  double nanoseconds = 0;
  for (std::size_t from = 0; from < workload.size(); from += kBatch) {
    const std::vector<Entry> entries = workload.entries(from, std::min(from + kBatch, workload.size()));
    nanoseconds += timed([&] { ((*session).*insert)(entries); });
  }
  check_filled(*session, workload);
  return nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(workload.size());
}

constexpr std::size_t kMostByEach = 20'000;  // they keep what they insert in memory

/// The same with a share of the entries for each process.
double insert_by_processes(Subject& subject, const Workload& whole, std::size_t workers) {
  const std::size_t share = std::min((whole.size() + workers - 1) / workers, kMostByEach);
  const Workload workload = whole.first(share * workers);
  start_afresh(subject, workload.size());
  static_cast<void>(subject.attach(Access::read_write));  // makes it, so that none of them has to
  const double nanoseconds = timed_processes(workers, [&](std::size_t worker) -> Work {
    auto entries = std::make_shared<std::vector<Entry>>(workload.entries(worker * share, (worker + 1) * share));
    std::shared_ptr<Session> session = subject.attach(Access::read_write);
    return [entries, session] { session->insert_each(*entries); };
  });
  const auto session = subject.attach(Access::read_write);
  check_filled(*session, workload);
  return nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(workload.size());
}

// --- Floors. ---

/// Microseconds per entry for bytes alone, keys and flat records, into a mapped file that others can map: where it is full, all of them go into
/// another of twice the size.
double copy_into_growing_file(const Workload& workload, const std::filesystem::path& directory) {
  constexpr std::size_t kFirstBytes = std::size_t{1} << 20;
  int number = 0;
  const auto make = [&](std::size_t bytes) { return std::make_unique<MappedFile>(directory / fmt::format("floor.{}", number++), bytes); };
  std::unique_ptr<MappedFile> file;
  double nanoseconds = timed([&] { file = make(kFirstBytes); });
  std::size_t used = 0;
  const auto add = [&](std::string_view bytes) {
    if (file->bytes().size() - used < bytes.size()) {
      auto larger = make(2 * file->bytes().size());
      std::memcpy(larger->bytes().data(), file->bytes().data(), used);
      file = std::move(larger);
    }
    std::memcpy(file->bytes().data() + used, bytes.data(), bytes.size());
    used += bytes.size();
  };
  for (std::size_t from = 0; from < workload.size(); from += kBatch) {
    std::vector<std::string> records;
    for (std::size_t i = from; i < std::min(from + kBatch, workload.size()); ++i) {
      records.push_back(workload.key(i) + flat_record(workload.artifact(i)));
    }
    nanoseconds += timed([&] { std::ranges::for_each(records, add); });
  }
  return nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(workload.size());
}

}  // namespace

Rows measure_insert(const Context& context) {
  Subjects subjects = context.subjects(any);
  const Workload workload = context.workload();
  const auto trial_of = [&](const std::string& what, Insert insert) {
    Trial trial{{{what, "us"}}, {}};
    for (Subject& subject : subjects) {
      trial.contenders.push_back({subject.engine->name(), [&, insert] { return std::vector{insert_all(subject, workload, insert)}; }});
    }
    return trial;
  };
  Trial each = trial_of("insert, one at a time", &Session::insert_each);
  each.contenders.push_back(
      {std::string(kFloor) + "lock, two stats, unlock", [&] { return std::vector{change_under_byte_lock(context.directory / "floor")}; }});
  Rows rows = context.run(each);
  Trial once{{{"locks of a process that inserts once", "us"}}, {}};
  once.contenders.push_back(
      {std::string(kFloor) + "a byte lock", [&] { return std::vector{only_change_under_byte_lock(context.directory / "floor")}; }});
  once.contenders.push_back({std::string(kFloor) + "a word, and a byte lock for life",
                             [&] { return std::vector{only_change_under_word(context.directory / "floor")}; }});
  append(rows, context.run(once));
  Trial together = trial_of(fmt::format("insert, {} together", kBatch), &Session::insert_together);
  together.contenders.push_back({std::string(kFloor) + "bytes into a mapped file that doubles",
                                 [&] { return std::vector{copy_into_growing_file(workload, context.directory)}; }});
  append(rows, context.run(together));

  const std::size_t workers = context.settings.workers;
  Trial at_once{{{fmt::format("insert, one at a time, {} processes", workers), "us"}}, {}};
  for (Subject& subject : subjects) {
    if (!subject.engine->abilities().processes) continue;
    at_once.contenders.push_back(
        {subject.engine->name(), [&, workers] { return std::vector{insert_by_processes(subject, workload, workers)}; }});
  }
  append(rows, context.run(at_once));
  return rows;
}

}  // namespace zccache::bench
