// A second cache directory below one's own: looked at on a miss, never written.
#pragma once

#include <zccache/artifact_store.hpp>

#include <filesystem>
#include <optional>
#include <string_view>

#include "zccache-cc/launch/plan.hpp"

namespace zccache::cc {

/// Read-only, by its snapshot. Nothing where there is none that can be used; the log says why.
[[nodiscard]] std::optional<ArtifactStore> open_upstream(const std::filesystem::path& upstream);

/// Serves the entry from `above` by way of the store, which has it from then on, or straight from there where the store cannot take it. As
/// replay() otherwise.
[[nodiscard]] std::optional<int> replay_from_upstream(ArtifactStore& store, ArtifactStore& above, std::string_view key, const Plan& plan);

}  // namespace zccache::cc
