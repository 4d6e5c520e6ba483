// A miss: the compiler runs as it was asked to, and what it made is stored.
#pragma once

#include <zccache/artifact_store.hpp>

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "arguments.hpp"
#include "cacheable.hpp"

namespace zccache::cc {

struct Compile {
  const char* path;   ///< of the compiler
  char* const* argv;  ///< its whole command
  timespec start;     ///< before anything was read
  std::string_view key;
  const ParsedCommand& command;
  std::function<std::string()> changed;  ///< what has changed since the key was made, or empty
  std::function<void()> stored;          ///< called once it is
};

/// Returns the exit code; ends like the compiler where that was killed. Nothing that goes wrong after the compiler ran changes either.
[[nodiscard]] Cacheable<int> compile_and_store(ArtifactStore& store, const Compile& compile);

}  // namespace zccache::cc
