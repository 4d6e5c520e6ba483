#include "replay.hpp"

#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <string>

#include "decision_log.hpp"
#include "outputs.hpp"

namespace zccache::cc {

std::optional<int> replay(ArtifactStore& store, std::string_view key, const ParsedCommand& command, Counter how) {
  const ArtifactView entry = store.find(key);
  if (!entry) return std::nullopt;
  const auto restored = PayloadStore(store).restore(entry, command.outputs);
  if (!restored) {
    log_decision(LogLevel::warning, "an entry could not be served: " + restored.error().message());
    return std::nullopt;
  }
  if (*restored == Restored::damaged) {
    log_decision(LogLevel::warning, "damaged, compiled anew: " + std::string(key));
    store.count(static_cast<std::size_t>(Counter::damaged_entry));
  }
  if (*restored != Restored::hit) return std::nullopt;

  store.count_hit();
  store.touch(key);
  store.count(static_cast<std::size_t>(how));
  log_decision("hit " + std::string(key) + " " + command.source + (how == Counter::hit_direct ? ": direct" : ": preprocessed"));
  write_out(STDOUT_FILENO, entry.stdout_bytes());
  write_out(STDERR_FILENO, entry.stderr_bytes());
  return entry.exit_code();
}

}  // namespace zccache::cc
