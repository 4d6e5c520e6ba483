#include "upstream.hpp"

#include <zccache/payload_store.hpp>

#include <string>

#include "decision_log.hpp"
#include "replay.hpp"

namespace zccache::cc {

std::optional<int> replay_from_upstream(ArtifactStore& store, const std::filesystem::path& upstream, std::string_view key,
                                        const ParsedCommand& command) {
  if (upstream.empty()) return std::nullopt;
  OpenOptions options;
  options.read_only = true;
  options.snapshot_only = true;
  auto above = ArtifactStore::open(upstream, options);
  if (!above) {
    log_decision(LogLevel::warning, "no upstream: " + above.error().message());
    return std::nullopt;
  }
  if (!above->find(key)) return std::nullopt;
  const auto copied = PayloadStore::from_environment(store).copy_up(*above, key);
  const bool here = copied && *copied;
  log_decision("found upstream" + std::string(here ? ", copied: " : ": ") + std::string(key));
  return replay(here ? store : *above, key, command, Counter::hit_preprocessed);
}

}  // namespace zccache::cc
