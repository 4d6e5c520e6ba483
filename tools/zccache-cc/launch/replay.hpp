// A hit: the outputs of a stored compile, put where this one wants them.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
#include <string_view>

#include "zccache-cc/launch/plan.hpp"

namespace zccache::cc {

/// The exit code, when the whole compile was served. Otherwise nothing was touched and the compiler has to run.
[[nodiscard]] std::optional<int> replay(ArtifactStore& store, std::string_view key, const Plan& plan);

}  // namespace zccache::cc
