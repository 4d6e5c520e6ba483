#include "store/write_transaction.hpp"

#include "format/record.hpp"

namespace zccache {

result<WriteTransaction> WriteTransaction::begin(ArtifactStore& store) { return begin(*store.impl_); }

result<WriteTransaction> WriteTransaction::begin(ArtifactStore::Impl& impl) {
  auto session = impl.begin_change();
  if (!session) return session.error();
  return WriteTransaction(impl, std::move(*session));
}

WriteTransaction::~WriteTransaction() {
  if (impl_ != nullptr && changed_) impl_->changed(session_);
}

result<void> WriteTransaction::reserve(std::string_view key, const Artifact& artifact) {
  if (auto checked = format::check_entry(key, artifact); !checked) return checked;
  auto done = impl_->apply(session_, {.entries = 1, .record_bytes = format::record_bytes(key, artifact)},
                           [&](const LiveWriter& writer) { return writer.can_insert(key, artifact); });
  return done ? result<void>{} : done.error();
}

result<void> WriteTransaction::insert(std::string_view key, const Artifact& artifact) {
  if (auto checked = format::check_entry(key, artifact); !checked) return checked;
  return insert_checked(key, artifact, {.entries = 1, .record_bytes = format::record_bytes(key, artifact)});
}

result<void> WriteTransaction::insert_checked(std::string_view key, const Artifact& artifact, const Capacity& needed) {
  auto done = impl_->apply(session_, needed, [&](LiveWriter& writer) { return writer.insert(key, artifact); });
  if (!done) return done.error();
  changed_ = true;
  return {};
}

result<bool> WriteTransaction::remove(std::string_view key) {
  auto done = impl_->apply(session_, {.entries = 0, .record_bytes = format::tombstone_bytes(key)},
                           [&](LiveWriter& writer) { return writer.remove(key); });
  if (!done) return done.error();
  const bool removed = *done == Change::done;
  changed_ |= removed;
  return removed;
}

result<void> WriteTransaction::replace(result<LiveIndex> fresh) {
  if (auto installed = impl_->go_on_with(session_, std::move(fresh)); !installed) return installed;
  changed_ = true;
  return {};
}

result<void> WriteTransaction::compact() { return impl_->compact(session_); }

}  // namespace zccache
