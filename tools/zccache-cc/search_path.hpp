// Where the compiler looks for headers, and which programs it is made of: asked of the compiler itself, and kept in the index.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
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
  std::vector<StampedPath> programs;     ///< that the compiler runs: cc1plus, as
  CompilerMacros macros;
};

/// What the compiler said when it was last asked with such arguments, else asks now: one process. Absent where the answer is not understood, or
/// says that a file decides what the compiler does. `name` is what the compiler is called by in its own arguments.
[[nodiscard]] std::optional<SearchPath> search_path(ArtifactStore& store, const Compiler& compiler, const char* name,
                                                    const ParsedCommand& command);

/// Reads what `-v` prints, in English. Absent as above.
[[nodiscard]] std::optional<SearchPath> parse_search_path(std::string_view printed);

}  // namespace zccache::cc
