// Hits without preprocessing: what was needed for a compile before is still as it was.
#pragma once

#include <zccache/artifact_store.hpp>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "compiler.hpp"
#include "description.hpp"
#include "search_path.hpp"
#include "shadowing.hpp"
#include "source_files.hpp"

namespace zccache::cc {

/// The key under which the manifest of such a compile lies.
[[nodiscard]] std::string manifest_key(const Description& description);
[[nodiscard]] bool is_manifest_key(std::string_view key) noexcept;

/// The key of the result that the files on disk lead to, or empty. Reads no file whose stamp is what it was.
[[nodiscard]] std::string find_direct(ArtifactStore& store, const Description& description);

/// The same by what another cache directory knows, of another machine perhaps. The store knows it from then on.
[[nodiscard]] std::string find_direct_above(const ArtifactStore& above, ArtifactStore& store, const Description& description);

/// What a compile has read, once it has ended.
struct Inputs {
  const Compiler& compiler;
  const Description& description;
  const SearchPath& search_path;
  const std::vector<SourceFile>& files;
  const std::vector<Asked>& asked;
  const Surroundings& around;
  std::string_view text;  ///< preprocessed
  timespec start;         ///< before anything was read
};

/// Notes that these inputs lead to the result. Why it does not, where they are not certain to; else empty.
std::string remember(ArtifactStore& store, const Inputs& inputs, std::string_view result_key);

}  // namespace zccache::cc
