// After a compile: its result into the cache, with the facts under which it is right.
#pragma once

#include <zccache/artifact_store.hpp>

#include <cstdint>

#include "observe/observer.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/launch/plan.hpp"
#include "zccache-cc/platform/uncacheable.hpp"

namespace zccache::cc {

/// Stores what was observed, which must have ended with exit code 0; `goes_up` marks it for the team's cache. Returns the key of the result, or
/// why it is not stored.
[[nodiscard]] Expected<std::string> store_result(ArtifactStore& store, Knowledge& knowledge, const Plan& plan,
                                                 const observe::Observation& observation, std::int64_t start_ns, bool scripts_count,
                                                 bool goes_up);

}  // namespace zccache::cc
