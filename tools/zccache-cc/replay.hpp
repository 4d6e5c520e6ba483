// A hit: the outputs of a stored compile, put where this one wants them.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
#include <string_view>

#include "arguments.hpp"
#include "counters.hpp"

namespace zccache::cc {

/// `how` it was found is for the log and the statistics. The exit code, when the whole compile was served. Otherwise nothing was touched and
/// the compiler has to run.
[[nodiscard]] std::optional<int> replay(ArtifactStore& store, std::string_view key, const ParsedCommand& command, Counter how);

}  // namespace zccache::cc
