#include "process/kill_points.hpp"

#include <cstring>
#include <optional>
#include <ostream>
#include <random>
#include <span>

#include "base/file.hpp"
#include "support.hpp"

namespace zccache::test {
namespace {

namespace fs = std::filesystem;

/// The bytes of the live index, as every process sees them.
class SharedBytes {
 public:
  explicit SharedBytes(const fs::path& dir) : mapping_(ReadOnlyMapping::map(dir / "index.live")) { (void)changed(); }
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
  SharedBytes bytes(dir);
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

std::vector<KillPoint> states_of(const Scenario& scenario) {
  const MemoryDir temp;
  scenario.prepare(temp.cache());
  Tracee tracee([&] { return scenario.body(temp.cache()); });
  std::vector<KillPoint> points;
  for (KillPoint point;; point = {.calls = point.calls + 1, .units = 0}) {
    points.push_back(point);
    for (SharedBytes bytes(temp.cache()); tracee.step();) {
      if (!bytes.changed()) continue;
      ++point.units;
      points.push_back(point);
    }
    if (!tracee.next_call()) return points;
    tracee.finish_call();
  }
}

bool stop_at(Tracee& tracee, const fs::path& dir, KillPoint point, Unit unit) {
  std::uint64_t ignored = 0;
  return run_to(tracee, dir, point, unit, &ignored) == Stopped::at_point;
}

void leave_killed(const Scenario& first, KillPoint point, const fs::path& dir) {
  first.prepare(dir);
  Tracee tracee([&] { return first.body(dir); });
  (void)stop_at(tracee, dir, point);
}

}  // namespace zccache::test
