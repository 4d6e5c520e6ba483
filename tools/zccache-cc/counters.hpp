// What the launcher counts: how each compile ended, by reason. Kept in the store's counters for programs.
#pragma once

#include <zccache/stats.hpp>

#include <cstddef>
#include <span>

namespace zccache::cc {

/// In the order in which they are stored: a new one goes to the end.
enum class Counter : std::size_t {
  hit_direct,
  hit_preprocessed,
  miss,
  // Passed on to the compiler
  unknown_compiler,
  not_a_compile,
  several_sources,
  standard_input,
  response_file,
  unknown_option,
  refused_option,
  bad_command_line,
  other_language,
  environment,
  unusual_input,
  unusual_output,
  reads_other_files,
  // Compiled, and not stored
  compiler_failed,
  file_changed,
  output_missing,
  // Something went wrong
  preprocessor_failed,
  could_not_run,
  damaged_entry,
  store_failed,
  internal_error,
  // What a hit would be without, and has not
  no_direct_mode,
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::no_direct_mode) + 1;
static_assert(kCounters <= kHostCounters);

enum class CounterKind { hit, miss, passed_on, not_stored, error, remark };

struct CounterRow {
  Counter counter;
  CounterKind kind;
  const char* name;   ///< in JSON
  const char* label;  ///< for a person
};

/// One for each counter.
[[nodiscard]] std::span<const CounterRow> counter_rows() noexcept;
[[nodiscard]] const char* name_of(CounterKind kind) noexcept;

}  // namespace zccache::cc
