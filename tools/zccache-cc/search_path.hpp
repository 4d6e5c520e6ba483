// Where the compiler looks for headers, and which programs it is made of: asked of the compiler itself, and kept in the index.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "compiler.hpp"
#include "compiler_macros.hpp"
#include "file_stamp.hpp"

namespace zccache::cc {

struct StampedPath {
  std::string path;
  FileStamp stamp;  ///< of now; all zero where nothing is there
};

struct SearchPath {
  std::vector<std::string> directories;  ///< in order, with those that do not exist: a header may appear there
  std::vector<StampedPath> watched;      ///< any new name in one of these may change the rest: installations that the compiler chooses from
  std::vector<StampedPath> programs;     ///< that the compiler runs, or reads besides: cc1plus, as
  std::vector<StampedPath> steering;     ///< files that decide what the compiler does, where they are there
  std::string not_cacheable;             ///< why such a compile cannot be cached at all; then nothing else is certain
  CompilerMacros macros;
};

[[nodiscard]] bool has_changed(const StampedPath& path);

/// What the compiler said when it was last asked with such arguments, else asks now: one process. Absent where the answer is not understood.
/// `name` is what the compiler is called by in its own arguments.
[[nodiscard]] std::optional<SearchPath> search_path(ArtifactStore& store, const Compiler& compiler, const char* name,
                                                    const ParsedCommand& command);

/// Reads what `-v` prints, in English. Absent as above. `tools` are those that gcc runs besides its own programs.
[[nodiscard]] std::optional<SearchPath> parse_search_path(std::string_view printed, std::span<const char* const> tools = {});

}  // namespace zccache::cc
