#include "upstream.hpp"

#include <zccache/payload_store.hpp>

#include <string>

#include "decision_log.hpp"
#include "direct_mode.hpp"
#include "replay.hpp"

namespace zccache::cc {
namespace {

std::optional<int> replay_by_way_of(ArtifactStore& store, ArtifactStore& above, std::string_view key, const ParsedCommand& command,
                                    Counter how) {
  if (!above.find(key)) return std::nullopt;
  const auto copied = PayloadStore::from_environment(store).copy_up(above, key);
  const bool here = copied && *copied;
  log_decision("found upstream" + std::string(here ? ", copied: " : ": ") + std::string(key));
  return replay(here ? store : above, key, command, how);
}

}  // namespace

std::optional<ArtifactStore> open_upstream(const std::filesystem::path& upstream) {
  OpenOptions options;
  options.read_only = true;
  options.snapshot_only = true;
  auto above = ArtifactStore::open(upstream, options);
  if (above) return std::move(*above);
  log_decision(LogLevel::warning, "no upstream: " + above.error().message());
  return std::nullopt;
}

std::optional<int> replay_from_upstream(ArtifactStore& store, const std::filesystem::path& upstream, std::string_view key,
                                        const ParsedCommand& command) {
  auto above = open_upstream(upstream);
  return above ? replay_by_way_of(store, *above, key, command, Counter::hit_preprocessed) : std::nullopt;
}

std::optional<int> replay_directly_from_upstream(ArtifactStore& store, const std::filesystem::path& upstream, const Description& description,
                                                 const ParsedCommand& command) {
  auto above = open_upstream(upstream);
  if (!above) return std::nullopt;
  const std::string key = find_direct_above(*above, store, description);
  if (key.empty()) return std::nullopt;
  if (const auto exit_code = replay(store, key, command, Counter::hit_direct)) return exit_code;
  return replay_by_way_of(store, *above, key, command, Counter::hit_direct);
}

}  // namespace zccache::cc
