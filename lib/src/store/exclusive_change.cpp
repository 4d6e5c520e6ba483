#include "store/exclusive_change.hpp"

#include "format/record.hpp"

namespace zccache {

result<ExclusiveChange> ExclusiveChange::begin(ArtifactStore& store) {
  auto session = store.impl_->begin_change();
  if (!session) return session.error();
  return ExclusiveChange(*store.impl_, std::move(*session));
}

ExclusiveChange::~ExclusiveChange() {
  if (impl_ != nullptr && changed_) impl_->changed(session_, removed_);
}

result<void> ExclusiveChange::insert(std::string_view key, const Artifact& artifact) {
  if (auto checked = format::check_entry(key, artifact); !checked) return checked;
  auto done = impl_->apply(session_, {.entries = 1, .record_bytes = format::record_bytes(key, artifact)},
                           [&](LiveWriter& writer) { return writer.insert(key, artifact); });
  if (!done) return done.error();
  changed_ = true;
  return {};
}

result<bool> ExclusiveChange::remove(std::string_view key) {
  auto done = impl_->apply(session_, {.entries = 0, .record_bytes = format::tombstone_bytes(key)},
                           [&](LiveWriter& writer) { return writer.remove(key); });
  if (!done) return done.error();
  const bool removed = *done == Change::done;
  changed_ |= removed;
  removed_ |= removed;
  return removed;
}

}  // namespace zccache
