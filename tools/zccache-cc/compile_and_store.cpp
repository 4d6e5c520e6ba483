#include "compile_and_store.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>

#include <string>
#include <utility>
#include <vector>

#include "decision_log.hpp"
#include "detached_maintenance.hpp"
#include "fault_guard.hpp"
#include "outputs.hpp"
#include "process.hpp"

namespace zccache::cc {
namespace {

// Stores it, or says why not.
Cacheable<void> store_outputs(ArtifactStore& store, const Compile& compile, const Finished& finished) {
  if (!finished.succeeded()) return NotCacheable{Counter::compiler_failed, "the compiler failed"};
  if (std::string why = stale_output(compile.command, compile.start); !why.empty())
    return NotCacheable{Counter::output_missing, std::move(why)};
  // The compiler may have read what the key was not made of.
  if (std::string why = compile.changed(); !why.empty()) return NotCacheable{Counter::file_changed, std::move(why)};
  const auto stored = PayloadStore::from_environment(store).put(compile.key, compile.command.outputs, finished.output, finished.diagnostics);
  if (!stored) return NotCacheable{Counter::store_failed, stored.error().message()};
  return {};
}

EvictionPolicy eviction_policy() {
  std::vector<std::string> complaints;
  EvictionPolicy policy = EvictionPolicy::from_environment(&complaints);
  for (const std::string& complaint : complaints) log_decision(LogLevel::warning, complaint);
  return policy;
}

// An exception ends as a fault does: with the compiler's exit code.
void store_and_flush(ArtifactStore& store, const Compile& compile, const Finished& finished) noexcept {
  const std::string what = std::string(compile.key) + " " + compile.command.source;
  if (const auto stored = store_outputs(store, compile, finished); !stored) {
    const bool expected = stored.error().counter == Counter::compiler_failed;
    log_decision(expected ? LogLevel::info : LogLevel::warning, "miss " + what + ": not stored: " + stored.error().why);
    return store.count(static_cast<std::size_t>(stored.error().counter));
  }
  log_decision("miss " + what + ": stored");
  compile.stored();
  if (store.flush_due() || collection_due(store, eviction_policy())) maintain_detached(store.directory());
}

}  // namespace

Cacheable<int> compile_and_store(ArtifactStore& store, const Compile& compile) {
  auto run = run_captured(compile.path, compile.argv, StandardInput::inherited);
  if (!run) return std::move(run).error();
  write_out(STDOUT_FILENO, run->output);
  write_out(STDERR_FILENO, run->diagnostics);
  if (!WIFEXITED(run->wait_status)) end_like(run->wait_status);

  const int exit_code = WEXITSTATUS(run->wait_status);
  guard_by_exit(exit_code);
  store_and_flush(store, compile, *run);
  return exit_code;
}

}  // namespace zccache::cc
