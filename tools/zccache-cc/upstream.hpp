// A second cache directory below one's own: looked at on a miss, never written.
#pragma once

#include <zccache/artifact_store.hpp>

#include <filesystem>
#include <optional>
#include <string_view>

#include "arguments.hpp"
#include "description.hpp"

namespace zccache::cc {

/// Read-only, by its snapshot. Nothing where there is none that can be used; the log says why.
[[nodiscard]] std::optional<ArtifactStore> open_upstream(const std::filesystem::path& upstream);

/// Serves the entry from `upstream` by way of the store, which has it from then on, or straight from there where the store cannot take it. As
/// replay() otherwise; nothing if there is no upstream, or no such entry in it.
[[nodiscard]] std::optional<int> replay_from_upstream(ArtifactStore& store, const std::filesystem::path& upstream, std::string_view key,
                                                      const ParsedCommand& command);

/// The same without preprocessing, where one of the upstream's manifests holds here.
[[nodiscard]] std::optional<int> replay_directly_from_upstream(ArtifactStore& store, const std::filesystem::path& upstream,
                                                               const Description& description, const ParsedCommand& command);

}  // namespace zccache::cc
