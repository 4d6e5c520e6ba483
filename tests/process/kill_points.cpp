#include "process/kill_points.hpp"

#include <cstring>
#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <span>

#include "base/file.hpp"
#include "support.hpp"
#include "unit/history.hpp"

namespace zccache::test {
namespace {

namespace fs = std::filesystem;

/// The bytes of a file, as every process sees them.
class SharedBytes {
 public:
  explicit SharedBytes(const fs::path& file) : mapping_(ReadOnlyMapping::map(file)) { (void)changed(); }
  /// Whether they differ from what they were at the last call. Runs after every single instruction.
  [[nodiscard]] bool changed() {
    if (!mapping_) return false;
    const auto now = mapping_->bytes();
    if (now.size() == last_.size() && std::memcmp(now.data(), last_.data(), now.size()) == 0) return false;
    last_.assign(now.begin(), now.end());
    return true;
  }

 private:
  result<ReadOnlyMapping> mapping_;
  std::vector<std::byte> last_;
};

/// The bytes of every file in a directory; names and sizes change by system calls only, after which there have to be new ones of these.
class SharedFiles {
 public:
  explicit SharedFiles(const fs::path& dir) {
    for (const auto& entry : fs::recursive_directory_iterator(dir)) {
      if (entry.is_regular_file()) files_.emplace_back(entry.path());
    }
  }
  [[nodiscard]] bool changed() {
    bool any = false;
    for (SharedBytes& file : files_) any = file.changed() || any;
    return any;
  }

 private:
  std::vector<SharedBytes> files_;
};

/// A live index, or one that is being built, says which file it is; where it was right about that, its copy is as well.
void say_which_file_it_is(const fs::path& original, const fs::path& copy) {
  const struct stat before = status_of(open_file(original, O_RDONLY).value().get(), original).value();
  if (before.st_size < static_cast<off_t>(sizeof(format::LiveHeader))) return;
  const MappedFile file(copy);
  if (file.header().device != before.st_dev || file.header().inode != before.st_ino) return;
  const std::uint64_t seal = file.header().checksum;
  file.seal();
  const bool was_sealed = file.header().checksum == seal;
  file.header().checksum = seal;
  const struct stat now = status_of(open_file(copy, O_RDONLY).value().get(), copy).value();
  file.header().device = now.st_dev;
  file.header().inode = now.st_ino;
  if (was_sealed) file.seal();
}

enum class Stopped { at_point, at_next_call, at_end };

bool pass_calls(Tracee& tracee, std::uint64_t calls) {
  for (std::uint64_t i = 0; i < calls; ++i) {
    if (!tracee.next_call()) return false;
    tracee.finish_call();
  }
  return true;
}

/// Runs to the point. `instructions`: how many were stepped after the system call.
Stopped run_to(Tracee& tracee, const fs::path& dir, KillPoint point, Unit unit, std::uint64_t* instructions) {
  *instructions = 0;
  if (!pass_calls(tracee, point.calls)) return Stopped::at_end;
  SharedBytes bytes(dir / "index.live");
  for (std::uint64_t units = 0; units < point.units; ++*instructions) {
    if (!tracee.step()) return Stopped::at_next_call;
    if (unit == Unit::instruction || bytes.changed()) ++units;
  }
  return Stopped::at_point;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tally& tally) {
  return out << tally.kills << " kills in " << tally.instructions << " instructions and " << tally.calls << " system calls";
}

Tally kill_at_every(Unit unit, const Scenario& scenario, Sampling sampling) {
  Tally tally;
  std::mt19937_64 random(sampling.seed);
  for (KillPoint point;;) {
    const MemoryDir temp;
    scenario.prepare(temp.cache());
    std::uint64_t instructions = 0;
    Tracee tracee([&] { return scenario.body(temp.cache()); });
    const Stopped stopped = run_to(tracee, temp.cache(), point, unit, &instructions);
    if (stopped == Stopped::at_point) {
      tracee.kill();
      ++tally.kills;
      scenario.check(temp.cache(), false);
      point.units += point.units == 0 ? 1 + random() % sampling.stride : sampling.stride;
    } else if (stopped == Stopped::at_next_call) {
      tally.instructions += instructions;
      ++tally.calls;
      point = {.calls = point.calls + 1, .units = 0};
    } else {
      if (tracee.finish() != 0) throw std::runtime_error("the scenario failed");
      scenario.check(temp.cache(), true);
      return tally;
    }
  }
}

Tally check_after_every_instruction(const Scenario& scenario) {
  Tally tally;
  const MemoryDir temp;
  scenario.prepare(temp.cache());
  Tracee tracee([&] { return scenario.body(temp.cache()); });
  const auto check_copy = [&] {
    const MemoryDir left;
    copy_as_original(temp.cache(), left.cache());
    scenario.check(left.cache(), false);
    ++tally.kills;
  };
  for (;; ++tally.calls) {
    check_copy();
    for (SharedFiles files(temp.cache()); tracee.step(); ++tally.instructions) {
      if (files.changed()) check_copy();
    }
    if (!tracee.next_call()) break;
    tracee.finish_call();
  }
  if (tracee.finish() != 0) throw std::runtime_error("the scenario failed");
  scenario.check(temp.cache(), true);
  return tally;
}

std::vector<KillPoint> states_of(const Scenario& scenario, const std::function<bool(const fs::path& dir)>& wanted) {
  const MemoryDir temp;
  scenario.prepare(temp.cache());
  Tracee tracee([&] { return scenario.body(temp.cache()); });
  std::vector<KillPoint> points;
  const auto add = [&](KillPoint point) {
    if (!wanted || wanted(temp.cache())) points.push_back(point);
  };
  for (KillPoint point;; point = {.calls = point.calls + 1, .units = 0}) {
    add(point);
    for (SharedBytes bytes(temp.cache() / "index.live"); tracee.step();) {
      if (!bytes.changed()) continue;
      ++point.units;
      add(point);
    }
    if (!tracee.next_call()) return points;
    tracee.finish_call();
  }
}

bool stop_at(Tracee& tracee, const fs::path& dir, KillPoint point, Unit unit) {
  std::uint64_t ignored = 0;
  return run_to(tracee, dir, point, unit, &ignored) == Stopped::at_point;
}

void copy_as_original(const fs::path& from, const fs::path& to) {
  std::map<ino_t, fs::path> copied;
  fs::create_directory(to, from);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path copy = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      fs::create_directory(copy, entry.path());
      continue;
    }
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) throw std::runtime_error("lstat");
    const auto [first, is_new] = copied.emplace(status.st_ino, copy);
    if (is_new) {
      fs::copy_file(entry.path(), copy);
      say_which_file_it_is(entry.path(), copy);
    } else {
      fs::create_hard_link(first->second, copy);
    }
  }
}

void leave_killed(const Scenario& first, KillPoint point, const fs::path& dir) {
  first.prepare(dir);
  Tracee tracee([&] { return first.body(dir); });
  (void)stop_at(tracee, dir, point);
}

}  // namespace zccache::test
