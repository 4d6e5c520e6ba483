// The writer lock of a store, held: for changes that have to happen together with something beside the index.
#pragma once

#include <string_view>
#include <utility>

#include <zccache/artifact_store.hpp>

#include "store/store_impl.hpp"

namespace zccache {

/// While it lives no other process or thread changes the index; lookups go on. Payload files are put in place and taken away under it, so that
/// "this file belongs to no entry" can be known for certain. Keep it short: others wait.
class ExclusiveChange {
 public:
  /// Errors: read_only, lock_timeout, no_space, io.
  [[nodiscard]] static result<ExclusiveChange> begin(ArtifactStore& store);

  ExclusiveChange(ExclusiveChange&& other) noexcept
      : impl_(std::exchange(other.impl_, nullptr)), session_(std::move(other.session_)), changed_(other.changed_), removed_(other.removed_) {}
  ExclusiveChange& operator=(ExclusiveChange&&) = delete;
  /// Tells whoever flushes, and lets go.
  ~ExclusiveChange();

  /// As those of the store.
  [[nodiscard]] result<void> insert(std::string_view key, const Artifact& artifact);
  [[nodiscard]] result<bool> remove(std::string_view key);

 private:
  ExclusiveChange(ArtifactStore::Impl& impl, ArtifactStore::Impl::WriteSession session) noexcept : impl_(&impl), session_(std::move(session)) {}

  ArtifactStore::Impl* impl_;
  ArtifactStore::Impl::WriteSession session_;
  bool changed_ = false;
  bool removed_ = false;
};

}  // namespace zccache
