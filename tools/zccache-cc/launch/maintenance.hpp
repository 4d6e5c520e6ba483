// The snapshot and evictions, done by a process that nobody waits for.
#pragma once

#include <filesystem>

namespace zccache::cc {

/// Forks a child that has left our session, terminal, pipes and job server; there, with low priority, flushes and evicts what is due. Returns
/// at once.
void maintain_detached(const std::filesystem::path& directory);

}  // namespace zccache::cc
