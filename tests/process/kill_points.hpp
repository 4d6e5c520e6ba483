// Kills a process at every point of what it does, and looks at what it leaves behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <vector>

#include "process/tracee.hpp"

namespace zccache::test {

/// What is done on a directory of its own, and killed.
struct Scenario {
  std::function<void(const std::filesystem::path& dir)> prepare;
  /// In a child of its own; what is between begin_watching() and end_watching() is killed.
  std::function<int(const std::filesystem::path& dir)> body;
  /// Asserts. `done` when there was no kill.
  std::function<void(const std::filesystem::path& dir, bool done)> check;
};

/// Where two kills are different.
enum class Unit {
  instruction,  ///< each one
  /// Each system call, and each instruction after which the bytes of the live index are not what they were before. A kill after any other
  /// instruction leaves what a kill one instruction earlier leaves: the rest of the process is gone, and its locks with it.
  state,
};

/// Right after the `calls`th system call (none: the start), and `units` units later.
struct KillPoint {
  std::uint64_t calls = 0;
  std::uint64_t units = 0;
};

struct Tally {
  std::uint64_t kills = 0;
  std::uint64_t calls = 0;         ///< system calls of one run
  std::uint64_t instructions = 0;  ///< of one run, between its system calls
};
std::ostream& operator<<(std::ostream& out, const Tally& tally);

/// Of the instructions that no system call precedes, take every `stride`th, from a seeded start in each gap; 1: all of them.
struct Sampling {
  std::uint64_t stride = 1;
  std::uint64_t seed = 1;
};

/// Runs the scenario once for each point and kills it there; then once to its end.
Tally kill_at_every(Unit unit, const Scenario& scenario, Sampling sampling = {});

/// Runs the scenario once, instruction by instruction, and checks a copy of the directory after each that changed a byte of any file in it, and
/// after each system call. After every other instruction a kill leaves what it leaves one instruction earlier. `kills`: how many were checked.
[[nodiscard]] Tally check_after_every_instruction(const Scenario& scenario);

/// The points at which kill_at_every(Unit::state) would kill, of them those in which the directory is as `wanted` says. Nothing is checked.
[[nodiscard]] std::vector<KillPoint> states_of(const Scenario& scenario,
                                               const std::function<bool(const std::filesystem::path& dir)>& wanted = {});

/// Runs a process under `dir` to the point. False where it gets to another system call, or to its end, before.
[[nodiscard]] bool stop_at(Tracee& tracee, const std::filesystem::path& dir, KillPoint point, Unit unit = Unit::state);

/// A directory that processes take for the original: the live index in it says that it is the file that it is, as the original's does, and two
/// names of one file are that in it, too. `to` is created.
void copy_as_original(const std::filesystem::path& from, const std::filesystem::path& to);

/// Prepares as `first` does, and kills its body at `point`. A copy of what is left can be the start of another scenario.
void leave_killed(const Scenario& first, KillPoint point, const std::filesystem::path& dir);

}  // namespace zccache::test
