// The snapshot, written by a process that nobody waits for.
#pragma once

#include <filesystem>

namespace zccache::cc {

/// Forks a child that has left our session, terminal, pipes and job server, and flushes the store. Returns at once.
void flush_detached(const std::filesystem::path& directory);

}  // namespace zccache::cc
