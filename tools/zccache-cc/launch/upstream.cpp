#include "zccache-cc/launch/upstream.hpp"

#include <zccache/payload_store.hpp>

#include <string>

#include "zccache-cc/launch/replay.hpp"
#include "zccache-cc/platform/decision_log.hpp"

namespace zccache::cc {

std::optional<ArtifactStore> open_upstream(const std::filesystem::path& upstream) {
  OpenOptions options;
  options.read_only = true;
  options.snapshot_only = true;
  auto above = ArtifactStore::open(upstream, options);
  if (above) return std::move(*above);
  log_decision(LogLevel::warning, "no upstream: " + above.error().message());
  return std::nullopt;
}

std::optional<int> replay_from_upstream(ArtifactStore& store, ArtifactStore& above, std::string_view key, const Plan& plan) {
  if (const auto exit_code = replay(store, key, plan)) return exit_code;
  if (!above.find(key)) return std::nullopt;
  const auto copied = PayloadStore::from_environment(store).copy_up(above, key);
  const bool here = copied && *copied;
  log_decision("found upstream" + std::string(here ? ", copied: " : ": ") + std::string(key));
  return replay(here ? store : above, key, plan);
}

}  // namespace zccache::cc
