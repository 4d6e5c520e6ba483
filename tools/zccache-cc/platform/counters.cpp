#include "zccache-cc/platform/counters.hpp"

#include <array>

namespace zccache::cc {
namespace {

constexpr std::array<CounterRow, kCounters> kRows{{
    {Counter::hit, CounterKind::hit, "hit", "served", ""},
    {Counter::miss, CounterKind::miss, "miss", "compiled", ""},
    {Counter::unknown_compiler, CounterKind::passed_on, "unknown_compiler", "compiler is not known",
     "if it is a compiler, name it in ZCCACHE_PROGRAMS"},
    {Counter::not_a_compile, CounterKind::passed_on, "not_a_compile", "link: no -c, -S or -E", "set ZCCACHE_LINK=on to cache links"},
    {Counter::standard_input, CounterKind::passed_on, "standard_input", "source from standard input: -", "give the source as a file"},
    {Counter::bad_command_line, CounterKind::passed_on, "bad_command_line", "-o or -MF names no file, or two", "give -o and -MF one file each"},
    {Counter::unusual_input, CounterKind::passed_on, "unusual_input", "unusual working directory", "build in a directory that is still there"},
    {Counter::unusual_output, CounterKind::passed_on, "unusual_output", "unusual output file",
     "let outputs be regular files of one name, which may be written"},
    {Counter::compiler_failed, CounterKind::not_stored, "compiler_failed", "compiler failed",
     "none needed: a compile that fails is not stored"},
    {Counter::file_changed, CounterKind::not_stored, "file_changed", "a file changed meanwhile",
     "none needed: the next such compile is stored"},
    {Counter::clock, CounterKind::not_stored, "clock", "depends on the clock", "set SOURCE_DATE_EPOCH, or do without __DATE__ and __TIME__"},
    {Counter::script, CounterKind::not_stored, "script", "compiler is a script", "name the compiler in ZCCACHE_PROGRAMS"},
    {Counter::other_effects, CounterKind::not_stored, "other_effects", "more than files from files",
     "zccache-index observe -- COMMAND shows what it does"},
    {Counter::not_observed, CounterKind::not_stored, "not_observed", "could not be observed", "zccache-index doctor says why"},
    {Counter::could_not_run, CounterKind::error, "could_not_run", "compiler could not be started", "ZCCACHE_LOG names it"},
    {Counter::damaged_entry, CounterKind::error, "damaged_entry", "entry was damaged",
     "none needed: it was compiled anew; zccache-index verify looks for more"},
    {Counter::store_failed, CounterKind::error, "store_failed", "result could not be stored", "ZCCACHE_LOG has the reason"},
    {Counter::internal_error, CounterKind::error, "internal_error", "internal error", "ZCCACHE_LOG has the reason"},
    {Counter::remote_hit, CounterKind::detail, "remote_hit", "of the hits, from the team's cache", ""},
    {Counter::saved_millis, CounterKind::time, "saved_millis", "time saved", ""},
    {Counter::query, CounterKind::passed_on, "query", "question: -v, -###, --version, …",
     "none needed: what the compiler says of itself is not cached"},
    {Counter::large_link, CounterKind::passed_on, "large_link", "link is too large", "raise ZCCACHE_LINK_MAX_SIZE"},
    {Counter::remote_wait_millis, CounterKind::server, "remote_wait_millis", "milliseconds that compiles waited for it", ""},
    {Counter::remote_received_bytes, CounterKind::server, "remote_received_bytes", "bytes received", ""},
    {Counter::remote_rejected, CounterKind::server, "remote_rejected", "values that are none, or not of somebody trusted", ""},
    {Counter::remote_failed, CounterKind::server, "remote_failed", "failures of the server", ""},
    {Counter::remote_sent, CounterKind::server, "remote_sent", "results sent", ""},
    {Counter::remote_sent_bytes, CounterKind::server, "remote_sent_bytes", "bytes sent", ""},
    {Counter::remote_evicted, CounterKind::server, "remote_evicted", "results evicted before they were sent", ""},
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
  constexpr std::array kNames = {"hits", "misses", "passed on", "not stored", "errors", "details", "times", "team's server"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace zccache::cc
