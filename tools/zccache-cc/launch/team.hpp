// The team's cache, as the launcher sees it: somebody who may bring entries into the local store. docs/remote.md
#pragma once

#include <zccache/artifact_store.hpp>

#include <string_view>

#include "remote/client.hpp"
#include "zccache-cc/facts/digest.hpp"

namespace zccache::cc {

class Team {
 public:
  Team(ArtifactStore& store, const remote::RemoteSettings& settings) : store_(store), client_(store.directory().c_str(), settings) {}
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Whether the index now knows more under this first key.
  [[nodiscard]] bool bring_manifest(const ContentDigest& first_key);
  /// Whether this result is now in the store.
  [[nodiscard]] bool bring_result(const ContentDigest& key);
  /// A result that is marked was stored. Waits for nothing.
  void announce(std::string_view key);

 private:
  ArtifactStore& store_;
  remote::Client client_;
};

}  // namespace zccache::cc
