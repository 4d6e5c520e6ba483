#include "counters.hpp"

#include <array>

namespace zccache::cc {
namespace {

constexpr std::array<CounterRow, kCounters> kRows{{
    {Counter::hit_direct, CounterKind::hit, "hit_direct", "without preprocessing"},
    {Counter::hit_preprocessed, CounterKind::hit, "hit_preprocessed", "after preprocessing"},
    {Counter::miss, CounterKind::miss, "miss", "compiled"},
    {Counter::unknown_compiler, CounterKind::passed_on, "unknown_compiler", "compiler is not known"},
    {Counter::not_a_compile, CounterKind::passed_on, "not_a_compile", "no compile: link, preprocess, query"},
    {Counter::several_sources, CounterKind::passed_on, "several_sources", "several sources"},
    {Counter::standard_input, CounterKind::passed_on, "standard_input", "source from standard input"},
    {Counter::response_file, CounterKind::passed_on, "response_file", "response file"},
    {Counter::unknown_option, CounterKind::passed_on, "unknown_option", "option is not known"},
    {Counter::refused_option, CounterKind::passed_on, "refused_option", "option that is never cached"},
    {Counter::bad_command_line, CounterKind::passed_on, "bad_command_line", "command line is not understood"},
    {Counter::other_language, CounterKind::passed_on, "other_language", "language other than C and C++"},
    {Counter::environment, CounterKind::passed_on, "environment", "environment is not understood"},
    {Counter::unusual_input, CounterKind::passed_on, "unusual_input", "unusual or unreadable source"},
    {Counter::unusual_output, CounterKind::passed_on, "unusual_output", "unusual output file"},
    {Counter::reads_other_files, CounterKind::passed_on, "reads_other_files", "precompiled header or .incbin"},
    {Counter::compiler_failed, CounterKind::not_stored, "compiler_failed", "compiler failed"},
    {Counter::file_changed, CounterKind::not_stored, "file_changed", "source changed meanwhile"},
    {Counter::output_missing, CounterKind::not_stored, "output_missing", "compiler made no output"},
    {Counter::preprocessor_failed, CounterKind::error, "preprocessor_failed", "preprocessor failed"},
    {Counter::could_not_run, CounterKind::error, "could_not_run", "compiler could not be started"},
    {Counter::damaged_entry, CounterKind::error, "damaged_entry", "entry was damaged"},
    {Counter::store_failed, CounterKind::error, "store_failed", "result could not be stored"},
    {Counter::internal_error, CounterKind::error, "internal_error", "internal error"},
    {Counter::no_direct_mode, CounterKind::remark, "no_direct_mode", "result will need preprocessing"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].counter) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const CounterRow> counter_rows() noexcept { return kRows; }

const char* name_of(CounterKind kind) noexcept {
  constexpr std::array kNames = {"hits", "misses", "passed on", "not stored", "errors", "remarks"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace zccache::cc
