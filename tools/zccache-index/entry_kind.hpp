// What an entry of the index is: a result, or what the launcher keeps to find results.
#pragma once

#include <zccache/artifact_store.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace zccache::index_tool {

enum class EntryKind {
  result,    ///< of a compile, or what another program stored
  manifest,  ///< what is known under a first key
  internal,  ///< paths, digests of files, sets of programs, marks for uploads
};

[[nodiscard]] EntryKind kind_of(std::string_view key) noexcept;
[[nodiscard]] const char* name_of(EntryKind kind) noexcept;

/// The source of each result, as its compile spelled it. Manifests know; so it takes a walk over them, and memory for each result.
class Sources {
 public:
  explicit Sources(const ArtifactStore& store);

  /// Of a result, or of a manifest; empty where nobody knows it.
  [[nodiscard]] std::string of(const ArtifactView& entry) const;

 private:
  std::unordered_map<std::uint64_t, std::string> by_result_;  // by eight bytes of its key: enough to show a name
};

}  // namespace zccache::index_tool
