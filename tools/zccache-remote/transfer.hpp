// Moves entries between the local store and a server.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/digest.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-remote/backend.hpp"
#include "zccache-remote/value.hpp"

namespace zccache::remote {

/// Whose values count, and how ours are signed.
struct Authority {
  std::string name_space;
  Trust trust;
  std::optional<Signer> signer;
};

/// Used by one thread at a time, as its backend is; several may share a store.
class Transfer {
 public:
  Transfer(ArtifactStore& store, Backend& backend, const Authority& authority) : store_(store), backend_(backend), authority_(authority) {}

  /// Under which name the server has what stands under this key in an index.
  [[nodiscard]] cc::ContentDigest name_of(std::string_view key) const { return value_name(authority_.name_space, key); }
  /// What the server knows under a first key joins what the index knows. `got`: its reply. Absent: nothing that is new.
  [[nodiscard]] Reply take_manifest(const cc::ContentDigest& first_key, Reply got);
  /// A result with its outputs becomes an entry of the store.
  [[nodiscard]] Reply take_result(const cc::ContentDigest& key, Reply got);
  /// Sends the result that the mark of `key` stands for, then what is known under its first key; takes the mark away. Absent: the result was
  /// evicted before.
  [[nodiscard]] Reply upload(const cc::ContentDigest& key);

 private:
  [[nodiscard]] Reply unpack(std::string_view key, Reply got, std::vector<Parcel>& parcels);
  [[nodiscard]] Reply put(std::string_view key, const std::vector<Parcel>& parcels);
  [[nodiscard]] Reply upload_result(const ArtifactView& entry);
  [[nodiscard]] Reply upload_manifest(const cc::ContentDigest& first_key);
  [[nodiscard]] std::optional<std::vector<Parcel>> manifest_parcels(const std::string& key);

  ArtifactStore& store_;
  Backend& backend_;
  const Authority& authority_;
};

}  // namespace zccache::remote
