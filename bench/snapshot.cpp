// snapshot: what surviving a reboot costs, in time, memory and bytes, to write and to come back from.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <zccache/artifact_store.hpp>

#include "benchmark.hpp"
#include "common/descriptor.hpp"
#include "files.hpp"
#include "filling.hpp"
#include "flat_record.hpp"
#include "lookups.hpp"
#include "mapped_file.hpp"
#include "measure.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

double disk_bytes_of_file(const std::filesystem::path& file) {
  struct stat status {};
  if (lstat(file.c_str(), &status) != 0) fail(file.string());
  return static_cast<double>(status.st_blocks) * 512;
}

/// Bytes that a file, or all files of a folder, take on the disk; holes do not count.
double disk_bytes(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return disk_bytes_of_file(path);
  double bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) bytes += disk_bytes_of_file(entry.path());
  return bytes;
}

/// Mean bytes of a key and its flat record, as the peers store it.
double flat_bytes(const Workload& workload) {
  constexpr std::size_t kSample = 10'000;
  const std::size_t count = std::min(kSample, workload.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += Workload::kKeyBytes + flat_record(workload.artifact(i)).size();
  return static_cast<double>(bytes) / static_cast<double>(count);
}

/// Mean bytes of an entry in our own format, which has a checksum, and digest and mode of each output, besides.
double own_bytes(const Subject& ours) {
  OpenOptions options;
  options.read_only = true;
  const Stats stats = ArtifactStore::open(ours.directory, options).value().stats();
  return static_cast<double>(stats.live_bytes) / static_cast<double>(stats.entries);
}

Rows size_rows(const std::string& what, const Subjects& subjects, const Workload& workload,
               std::filesystem::path (Engine::*path)(const std::filesystem::path&) const) {
  Rows rows;
  const auto add = [&](const std::string& name, double bytes) { rows.push_back({what, "B", name, workload.size(), {bytes}}); };
  for (const Subject& subject : subjects) {
    add(subject.engine->name(), disk_bytes((subject.engine->*path)(subject.directory)) / static_cast<double>(workload.size()));
  }
  add(std::string(kFloor) + "the key and the record", flat_bytes(workload));
  add(std::string(kFloor) + "our record", own_bytes(subjects.front()));
  return rows;
}

// --- Memory. ---

/// Bytes of a line "VmHWM:  123 kB" of /proc/self/status.
double memory_of(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) * 1024;
  }
  throw std::runtime_error("no " + field + " in /proc/self/status");
}

void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Milliseconds of a flush, and bytes by which the process grew at most, mapped pages of files included. In a process that has looked at every
/// entry, so that all of the live store is mapped already, and has changed one: a store with nothing new to say might not write at all.
std::vector<double> flush(const Subject& subject, const Workload& workload, const ProbeList& all, std::size_t sample) {
  return in_process([&] {
    const auto session = subject.attach(Access::read_write);
    Entry change = workload.entry(0);
    change.artifact.stored_at_secs += sample;
    session->insert_each({&change, 1});
    require_right(session->reader()->count_right(all.probes()), all.probes().size());
    forget_peak_memory();
    const double before = memory_of("VmRSS");
    const double nanoseconds = timed([&] { session->flush(); });
    return std::vector{nanoseconds / kNanosecondsPerMillisecond, std::max(0.0, memory_of("VmHWM") - before)};
  });
}

// --- What a machine needs for as many bytes as our snapshot has. ---

double copy_in_memory(const std::string& bytes) {
  std::string copy(bytes.size(), '\0');
  return timed([&] {
    std::memcpy(copy.data(), bytes.data(), bytes.size());
    keep(copy);
  });
}

double write_and_synchronise(const std::string& bytes, const std::filesystem::path& path) {
  return timed([&] {
    const tools::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = write(file.get(), bytes.data() + done, bytes.size() - done);
      if (count < 0) fail("cannot write " + path.string());
      done += static_cast<std::size_t>(count);
    }
    if (fsync(file.get()) != 0) fail("cannot synchronise " + path.string());
  });
}

/// A lookup that has a live index needs one in a new mapped file: the bytes of all records one after another, and for each a place that its
/// hash decides, with a write there. The original's map lies in its own memory, and its place is found the same way.
double copy_into_new_index(const std::string& bytes, std::size_t entries, const std::filesystem::path& path) {
  constexpr std::size_t kPlaces = 4;  // for each entry, as our own index has
  std::optional<MappedFile> file;     // removing it is not timed
  return timed([&] {
    file.emplace(path, bytes.size() + entries * kPlaces * sizeof(std::uint64_t));
    std::byte* const records = file->bytes().data() + entries * kPlaces * sizeof(std::uint64_t);
    const std::size_t record_bytes = bytes.size() / entries;
    Random hash(1);
    for (std::size_t i = 0; i < entries; ++i) {
      std::memcpy(records + i * record_bytes, bytes.data() + i * record_bytes, record_bytes);
      std::memcpy(file->bytes().data() + hash.below(entries * kPlaces) * sizeof i, &i, sizeof i);
    }
  });
}

// --- The trials. ---

Trial flushing(const Subjects& subjects, const Workload& workload, const ProbeList& all, const std::string& snapshot,
               const std::filesystem::path& scratch_file) {
  Trial trial{{{"flush to disk", "ms"}, {"memory for the flush", "B"}}, {}};
  for (const Subject& subject : subjects) {
    auto samples = std::make_shared<std::size_t>(0);
    trial.contenders.push_back({subject.engine->name(), [&, samples] { return flush(subject, workload, all, ++*samples); }});
  }
  const auto bytes = static_cast<double>(snapshot.size());
  trial.contenders.push_back({std::string(kFloor) + "memcpy of our snapshot", [&, bytes] {
                                return std::vector{copy_in_memory(snapshot) / kNanosecondsPerMillisecond, bytes};
                              }});
  trial.contenders.push_back({std::string(kFloor) + "write and fsync of our snapshot", [&, scratch_file, bytes] {
                                return std::vector{write_and_synchronise(snapshot, scratch_file) / kNanosecondsPerMillisecond, bytes};
                              }});
  return trial;
}

Trial returning(const std::string& what, const Subjects& subjects, const ProbeList& list, const std::string& snapshot, Access access) {
  Trial trial{{{what, "ms"}}, {}};
  for (const Subject& subject : subjects) {
    trial.contenders.push_back({subject.engine->name(), [&, access] {
                                  subject.engine->reboot(subject.directory);
                                  std::size_t right = 0;
                                  const double nanoseconds =
                                      timed([&] { right = subject.attach(access)->reader()->count_right(list.probes()); });
                                  require_right(right, list.probes().size());
                                  return std::vector{nanoseconds / kNanosecondsPerMillisecond};
                                }});
  }
  trial.contenders.push_back(
      {std::string(kFloor) + "memcpy of our snapshot", [&] { return std::vector{copy_in_memory(snapshot) / kNanosecondsPerMillisecond}; }});
  return trial;
}

Rows lookups_in_place(const Context& context, const Subjects& subjects, const ProbeList& all) {
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<std::unique_ptr<Reader>> readers;
  Trial trial{{{"hit, any key, read-only after a reboot", "ns"}}, {}};
  for (const Subject& subject : subjects) {
    subject.engine->reboot(subject.directory);
    sessions.push_back(subject.attach(Access::read_only));
    Reader& reader = *readers.emplace_back(sessions.back()->reader());
    auto lookups = std::make_shared<Lookups>(all.probes(), [&reader](std::span<const Probe> probes) { return reader.count_right(probes); });
    trial.contenders.push_back({subject.engine->name(), [lookups] { return std::vector{lookups->sample()}; }});
  }
  return context.run(trial);
}

}  // namespace

Rows measure_snapshot(const Context& context) {
  const Subjects subjects = context.filled_subjects(durable);
  const Workload workload = context.workload();
  const ProbeList one = workload.hits(1, context.entries);
  ProbeList all(context.entries);
  for (std::size_t i = 0; i < context.entries; ++i) all.add(workload, i);
  const Subject& ours = subjects.front();
  const std::string snapshot = content_of(ours.engine->durable_path(ours.directory));

  Rows rows = size_rows("bytes per entry, live", subjects, workload, &Engine::live_path);
  append(rows, size_rows("bytes per entry, after a reboot", subjects, workload, &Engine::durable_path));
  append(rows, context.run(flushing(subjects, workload, all, snapshot, context.directory / "floor")));
  append(rows, context.run(returning("first lookup after a reboot, read-only", subjects, one, snapshot, Access::read_only)));
  Trial rebuilding = returning("first lookup after a reboot", subjects, one, snapshot, Access::read_write);
  rebuilding.contenders.push_back({std::string(kFloor) + "our snapshot into a new mapped index", [&] {
                                     const double nanoseconds = copy_into_new_index(snapshot, context.entries, context.directory / "floor");
                                     return std::vector{nanoseconds / kNanosecondsPerMillisecond};
                                   }});
  append(rows, context.run(rebuilding));
  append(rows, lookups_in_place(context, subjects, all));
  append(rows, measure_filling(context));
  return rows;
}

}  // namespace zccache::bench
