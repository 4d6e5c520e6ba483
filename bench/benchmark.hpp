// The benchmarks. Each stands in the file of its name and is listed once, in main.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "engine.hpp"
#include "progress.hpp"
#include "subject.hpp"
#include "trial.hpp"
#include "workload.hpp"

namespace zccache::bench {

struct Settings {
  std::vector<std::size_t> sizes = {100'000};  ///< how many entries the stores hold: everything is measured for each
  std::size_t record_bytes = 200;              ///< mean size of a record without its key
  std::uint64_t seed = 1;
  std::size_t rounds = 11;
  std::size_t workers = 2;         ///< most threads or processes at once
  std::filesystem::path objects;   ///< a folder: the benchmark of payloads takes the object files below it as well
  std::filesystem::path commands;  ///< a compilation database: the benchmark of launchers replays it
  bool quick = false;              ///< to see that all works, never how fast
};

/// What a benchmark has to work with: one size, and an empty directory.
struct Context {
  const Settings& settings;
  std::size_t entries;
  const std::vector<std::unique_ptr<Engine>>& engines;
  std::filesystem::path directory;
  Progress& progress;

  [[nodiscard]] Workload workload() const { return {settings.seed, entries, settings.record_bytes}; }

  /// The engines that can hold so many entries and have what is asked for, each with an empty store.
  [[nodiscard]] Subjects subjects(const std::function<bool(const Abilities&)>& wanted) const;

  /// The same, filled with the workload.
  [[nodiscard]] Subjects filled_subjects(const std::function<bool(const Abilities&)>& wanted) const;

  [[nodiscard]] Rows run(const Trial& trial) const { return run_trial(trial, entries, settings.rounds, progress); }
};

/// Throw when an answer is wrong.
Rows measure_lookup(const Context& context);
Rows measure_attach(const Context& context);
Rows measure_insert(const Context& context);
Rows measure_mixed(const Context& context);
Rows measure_snapshot(const Context& context);
Rows measure_storm(const Context& context);
Rows measure_payload(const Context& context);
Rows measure_launcher(const Context& context);

inline bool any(const Abilities& /*abilities*/) { return true; }
inline bool of_processes(const Abilities& abilities) { return abilities.processes; }
inline bool durable(const Abilities& abilities) { return abilities.durable; }

inline void append(Rows& rows, Rows more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace zccache::bench
