// The slow way to a key: what has to be known of a compile that was not found by its manifest.
#pragma once

#include <zccache/artifact_store.hpp>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "cacheable.hpp"
#include "compiler.hpp"
#include "description.hpp"
#include "preprocess.hpp"
#include "search_path.hpp"
#include "shadowing.hpp"
#include "source_files.hpp"

namespace zccache::cc {

struct Preparation {
  timespec start{};  ///< before anything was read
  Preprocessed preprocessed;
  std::vector<SourceFile> files;
  std::vector<Asked> asked;
  std::optional<SearchPath> search_path;
  std::string key;  ///< of the result
};

/// Preprocesses, and reads the files that the text is made of. `name` is what the compiler is called by in its own arguments.
[[nodiscard]] Cacheable<Preparation> prepare(ArtifactStore& store, const Compiler& compiler, const char* name, const ParsedCommand& command);

/// Looks for headers that would be found now. Nothing where the compiler does not tell where it looks.
[[nodiscard]] std::optional<Surroundings> look_around(const Compiler& compiler, const Preparation& made);

/// What has changed since, so that a compile may have seen another text than the preprocessor did; else empty. `before` is from before it ran.
[[nodiscard]] std::string changed_since(const Preparation& made, const std::optional<Surroundings>& before,
                                        const std::optional<Surroundings>& after);

/// Notes that these files lead to this result, so that the next compile need not preprocess. Why not, where that would not be safe.
std::string remember(ArtifactStore& store, const Compiler& compiler, const Description& description, const Preparation& made,
                     const std::optional<Surroundings>& around);

}  // namespace zccache::cc
