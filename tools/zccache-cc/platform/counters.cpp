#include "zccache-cc/platform/counters.hpp"

#include <array>

namespace zccache::cc {
namespace {

constexpr std::array<CounterRow, kCounters> kRows{{
    {Counter::hit, CounterKind::hit, "hit", "served"},
    {Counter::miss, CounterKind::miss, "miss", "compiled"},
    {Counter::unknown_compiler, CounterKind::passed_on, "unknown_compiler", "compiler is not known"},
    {Counter::not_a_compile, CounterKind::passed_on, "not_a_compile", "no compile: link, query"},
    {Counter::standard_input, CounterKind::passed_on, "standard_input", "source from standard input"},
    {Counter::bad_command_line, CounterKind::passed_on, "bad_command_line", "outputs are not clear"},
    {Counter::unusual_input, CounterKind::passed_on, "unusual_input", "unusual working directory"},
    {Counter::unusual_output, CounterKind::passed_on, "unusual_output", "unusual output file"},
    {Counter::compiler_failed, CounterKind::not_stored, "compiler_failed", "compiler failed"},
    {Counter::file_changed, CounterKind::not_stored, "file_changed", "a file changed meanwhile"},
    {Counter::clock, CounterKind::not_stored, "clock", "depends on the clock"},
    {Counter::script, CounterKind::not_stored, "script", "compiler is a script"},
    {Counter::other_effects, CounterKind::not_stored, "other_effects", "more than files from files"},
    {Counter::not_observed, CounterKind::not_stored, "not_observed", "could not be observed"},
    {Counter::could_not_run, CounterKind::error, "could_not_run", "compiler could not be started"},
    {Counter::damaged_entry, CounterKind::error, "damaged_entry", "entry was damaged"},
    {Counter::store_failed, CounterKind::error, "store_failed", "result could not be stored"},
    {Counter::internal_error, CounterKind::error, "internal_error", "internal error"},
    {Counter::remote_hit, CounterKind::detail, "remote_hit", "of the hits, from the team's cache"},
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
  constexpr std::array kNames = {"hits", "misses", "passed on", "not stored", "errors", "details"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace zccache::cc
