// What the launcher counts: how each compile ended, by reason. Kept in the store's counters for programs.
#pragma once

#include <zccache/stats.hpp>

#include <cstddef>
#include <span>

namespace zccache::cc {

/// In the order in which they are stored: a new one goes to the end.
enum class Counter : std::size_t {
  hit,
  miss,
  // Passed on to the compiler
  unknown_compiler,
  not_a_compile,
  standard_input,
  bad_command_line,
  unusual_input,
  unusual_output,
  // Compiled, and not stored
  compiler_failed,
  file_changed,
  clock,
  script,
  other_effects,
  not_observed,
  // Something went wrong
  could_not_run,
  damaged_entry,
  store_failed,
  internal_error,
  // Of the hits
  remote_hit,
  saved_millis,
  // Passed on
  query,
  // Passed on, or not stored
  large_link,
  // What goes on between this cache and the team's server; all but the first counted by zccache-remote
  remote_wait_millis,
  remote_received_bytes,
  remote_rejected,
  remote_failed,
  remote_sent,
  remote_sent_bytes,
  remote_evicted,
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::remote_evicted) + 1;
static_assert(kCounters <= kHostCounters);

/// Each launch counts in one kind. `detail` says more of some of them, `time` for how long; `server` is about no launch.
enum class CounterKind { hit, miss, passed_on, not_stored, error, detail, time, server };

struct CounterRow {
  Counter counter;
  CounterKind kind;
  const char* name;   ///< in JSON
  const char* label;  ///< for a person
  const char* cure;   ///< what a person can do about it, or empty
};

/// One for each counter.
[[nodiscard]] std::span<const CounterRow> counter_rows() noexcept;
[[nodiscard]] const char* name_of(CounterKind kind) noexcept;

}  // namespace zccache::cc
