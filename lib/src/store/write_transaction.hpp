// Changing the index of a store: the one way, for single entries, batches, a merge, and changes that go together with payload files.
#pragma once

#include <string_view>
#include <utility>

#include <zccache/artifact_store.hpp>

#include "store/store_impl.hpp"

namespace zccache {

/// Holds the writer lock of a store. While it lives no other process or thread changes the index; lookups go on. Keep it short: others wait.
///
/// Each change is there, and stays, as soon as its function returns. What a transaction does as a whole is to tell whoever flushes that
/// something went in: at its end, however that comes about, so that a batch that fails in the middle is flushed as far as it got.
class WriteTransaction {
 public:
  /// Errors: read_only, lock_timeout, no_space, io.
  [[nodiscard]] static result<WriteTransaction> begin(ArtifactStore& store);
  [[nodiscard]] static result<WriteTransaction> begin(ArtifactStore::Impl& impl);

  WriteTransaction(WriteTransaction&& other) noexcept
      : impl_(std::exchange(other.impl_, nullptr)), session_(std::move(other.session_)), changed_(other.changed_) {}
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction();

  /// Checks the entry and makes room for it, so that inserting it next cannot be refused. For callers that do something in between that they
  /// would have to undo. Errors: as insert.
  [[nodiscard]] result<void> reserve(std::string_view key, const Artifact& artifact);

  /// As those of the store.
  [[nodiscard]] result<void> insert(std::string_view key, const Artifact& artifact);
  [[nodiscard]] result<bool> remove(std::string_view key);

  /// For an entry that has passed check_entry(), one of several: if room has to be made, then for `needed`, which all of them take together.
  [[nodiscard]] result<void> insert_checked(std::string_view key, const Artifact& artifact, const Capacity& needed);

  /// Puts a whole generation in the place of the current one.
  [[nodiscard]] result<void> replace(result<LiveIndex> fresh);

  /// Leaves the garbage of the index behind, by a renewal. Errors: no_space, io.
  [[nodiscard]] result<void> compact();

  /// The blocks that a live index with so much in it has after a compaction.
  [[nodiscard]] static std::uint64_t compacted_bytes(const ArtifactStore& store, const Capacity& content) {
    return store.impl_->compacted_bytes(content);
  }

  /// The current generation: settled, and changed by nobody else.
  [[nodiscard]] LiveIndex& live() const noexcept { return session_.live(); }

 private:
  WriteTransaction(ArtifactStore::Impl& impl, ArtifactStore::Impl::WriteSession session) noexcept
      : impl_(&impl), session_(std::move(session)) {}

  ArtifactStore::Impl* impl_;
  ArtifactStore::Impl::WriteSession session_;
  bool changed_ = false;
};

}  // namespace zccache
