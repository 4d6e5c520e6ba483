#include "zccache-cc/launch/replay.hpp"

#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <string>
#include <vector>

#include "zccache-cc/launch/outputs.hpp"
#include "zccache-cc/platform/decision_log.hpp"

namespace zccache::cc {

std::optional<int> replay(ArtifactStore& store, std::string_view key, const Plan& plan) {
  const ArtifactView entry = store.find(key);
  if (!entry) return std::nullopt;
  std::vector<OutputFile> outputs;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    const std::string_view name = entry.output_name(i);
    outputs.push_back({std::string(name), output_path(name, plan.command, plan.here.physical)});
    if (outputs.back().path.empty()) return std::nullopt;
  }
  if (const std::string why = look_at_outputs(outputs, plan.command, plan.family); !why.empty()) {
    log_decision("not served: " + why);
    return std::nullopt;
  }
  const auto restored = PayloadStore(store).restore(entry, outputs);
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
  store.count(static_cast<std::size_t>(Counter::hit));
  log_decision("hit " + std::string(key) + " " + plan.command.source);
  write_out(STDOUT_FILENO, entry.stdout_bytes());
  write_out(STDERR_FILENO, entry.stderr_bytes());
  return entry.exit_code();
}

}  // namespace zccache::cc
