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

/// Where a result comes from. Empty and 0 where nobody knows.
struct Origin {
  std::string source;                ///< as its compile spelled it
  std::uint32_t compile_millis = 0;  ///< how long that took
};

/// The origin of each result. Manifests know; so it takes a walk over them, and memory for each result.
class Origins {
 public:
  explicit Origins(const ArtifactStore& store);

  /// Of a result; of a manifest, the source.
  [[nodiscard]] Origin of(const ArtifactView& entry) const;

 private:
  std::unordered_map<std::uint64_t, Origin> by_result_;  // by eight bytes of its key: enough to show a name
};

}  // namespace zccache::index_tool
