// What the team's server has, fetched into a directory that goes with this object: the cache stays as it is.
#pragma once

#include <zccache/artifact_store.hpp>

#include <filesystem>
#include <optional>

#include "remote/client.hpp"
#include "work_directory.hpp"
#include "zccache-cc/facts/digest.hpp"

namespace zccache::index_tool {

class TeamLook {
 public:
  explicit TeamLook(const remote::RemoteSettings& settings) : settings_(settings) {}

  /// Whether it knows something under this first key. Then that is in store().
  [[nodiscard]] bool has_manifest(const cc::ContentDigest& first_key);
  [[nodiscard]] bool has_result(const cc::ContentDigest& key);
  /// Whether it has no answer to give: nobody listens, or it says no to us.
  [[nodiscard]] bool is_silent() const;
  [[nodiscard]] const ArtifactStore& store() const { return *store_; }

 private:
  [[nodiscard]] bool ask(remote::QuestionKind kind, const cc::ContentDigest& key);

  /// Below the work directory, whose lock is our own.
  [[nodiscard]] std::filesystem::path cache() const { return directory_->path() / "cache"; }

  const remote::RemoteSettings settings_;
  std::optional<WorkDirectory> directory_;  ///< made for the first question
  std::optional<ArtifactStore> store_;      ///< zccache-remote makes it
};

}  // namespace zccache::index_tool
