// Files below objects/ that belong to nothing: found while walking, removed in groups.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <zccache/eviction.hpp>

#include "payload/payload_files.hpp"

namespace zccache {

/// What is wrong with a file below objects/, if anything.
[[nodiscard]] std::optional<Leftover::Kind> leftover_kind(const ArtifactStore& store, const std::filesystem::path& path);

/// Removes what it is given, once it has enough or is told to.
class LeftoverRemover {
 public:
  explicit LeftoverRemover(ArtifactStore& store) noexcept : store_(store) {}

  /// An orphan or temporary. Kept in mind until the group is full.
  [[nodiscard]] result<void> add(Leftover leftover);
  /// Under the writer lock, nobody is between placing a payload and its entry: what has no entry now has none.
  [[nodiscard]] result<void> finish();

  [[nodiscard]] std::uint64_t orphans() const noexcept { return orphans_; }
  [[nodiscard]] std::uint64_t temporaries() const noexcept { return temporaries_; }
  /// Of the files that it removed.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  ArtifactStore& store_;
  std::vector<Leftover> group_;
  std::uint64_t orphans_ = 0;
  std::uint64_t temporaries_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace zccache
