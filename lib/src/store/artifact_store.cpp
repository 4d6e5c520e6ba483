#include <zccache/artifact_store.hpp>

#include <algorithm>

#include "format/record.hpp"
#include "store/store_impl.hpp"
#include "store/write_transaction.hpp"

namespace zccache {

ArtifactStore::ArtifactStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ArtifactStore::ArtifactStore(ArtifactStore&&) noexcept = default;
ArtifactStore& ArtifactStore::operator=(ArtifactStore&&) noexcept = default;
ArtifactStore::~ArtifactStore() = default;

result<ArtifactStore> ArtifactStore::open(const std::filesystem::path& dir, const OpenOptions& options) {
  auto impl = Impl::open(dir, options);
  if (!impl) return impl.error();
  return ArtifactStore(std::move(*impl));
}

ArtifactView ArtifactStore::find(std::string_view key) const noexcept {
  Pin pin = impl_->current();
  const format::RecordHeader* record = pin->find(key);
  return record == nullptr ? ArtifactView() : ArtifactView(record, pin.release());
}

std::optional<Artifact> ArtifactStore::get(std::string_view key) const {
  const ArtifactView view = find(key);
  if (!view) return std::nullopt;
  return view.to_artifact();
}

result<void> ArtifactStore::insert(std::string_view key, const Artifact& artifact) {
  const EntryRef entry{key, &artifact};
  auto inserted = insert_refs({&entry, 1});
  if (!inserted) return inserted.error();
  return {};
}

result<std::size_t> ArtifactStore::insert_refs(std::span<const EntryRef> entries) {
  if (entries.empty()) return std::size_t{0};
  Capacity needed{.entries = entries.size(), .record_bytes = 0};
  for (const EntryRef& entry : entries) {
    if (auto checked = format::check_entry(entry.key, *entry.artifact); !checked) return checked.error();
    needed.record_bytes += format::record_bytes(entry.key, *entry.artifact);
  }
  auto transaction = WriteTransaction::begin(*impl_);
  if (!transaction) return transaction.error();
  // Each bucket is a cache miss in a large index: they are waited for together.
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i % kAhead == 0) {
      for (const EntryRef& next : entries.subspan(i, std::min(kAhead, entries.size() - i))) transaction->live().prefetch(next.key);
    }
    if (auto inserted = transaction->insert_checked(entries[i].key, *entries[i].artifact, needed); !inserted) return inserted.error();
  }
  return entries.size();
}

result<Merged> ArtifactStore::merge(const EntrySource& entries, const PlacePayload& place, const MergeEnd& end) {
  return impl_->merge(entries, place, end);
}

result<bool> ArtifactStore::remove(std::string_view key) {
  auto removed = remove_refs({&key, 1});
  if (!removed) return removed.error();
  return *removed == 1;
}

result<std::size_t> ArtifactStore::remove_refs(std::span<const std::string_view> keys) {
  if (keys.empty()) return std::size_t{0};
  auto transaction = WriteTransaction::begin(*impl_);
  if (!transaction) return transaction.error();
  std::size_t count = 0;
  for (const std::string_view key : keys) {
    const auto removed = transaction->remove(key);
    if (!removed) return removed.error();
    count += *removed ? 1 : 0;
  }
  return count;
}

result<std::size_t> ArtifactStore::clear() { return impl_->clear(); }

std::vector<std::pair<std::string, Artifact>> ArtifactStore::load_all() const {
  std::vector<std::pair<std::string, Artifact>> all;
  for_each([&](const ArtifactView& view) {
    all.emplace_back(view.key(), view.to_artifact());
    return true;
  });
  return all;
}

void ArtifactStore::for_each(const std::function<bool(const ArtifactView&)>& visit) const {
  const Pin pin = impl_->current();
  pin->for_each([&](const format::RecordHeader& record) { return visit(ArtifactView(&record, nullptr)); });
}

std::size_t ArtifactStore::size() const { return impl_->stats().entries; }

result<void> ArtifactStore::flush() {
  auto flushed = impl_->flush(Impl::FlushKind::asked_for);
  if (!flushed) return flushed.error();
  return {};
}

bool ArtifactStore::flush_due() const { return impl_->flush_due(); }
result<bool> ArtifactStore::flush_if_due() { return impl_->flush(Impl::FlushKind::periodic); }

void ArtifactStore::count_hit(std::uint64_t n) noexcept {
  impl_->count([](format::SharedCounters& all) -> format::Word& { return all.hits; }, n);
}
void ArtifactStore::count_miss(std::uint64_t n) noexcept {
  impl_->count([](format::SharedCounters& all) -> format::Word& { return all.misses; }, n);
}
void ArtifactStore::count_eviction(std::uint64_t n) noexcept {
  impl_->count([](format::SharedCounters& all) -> format::Word& { return all.evictions; }, n);
}
void ArtifactStore::count(std::size_t counter, std::uint64_t n) noexcept {
  impl_->count([counter](format::SharedCounters& all) -> format::Word& { return all.host[counter]; }, n);
}
result<void> ArtifactStore::reset_counters() { return impl_->reset_counters(); }
void ArtifactStore::touch(std::string_view key) noexcept { impl_->touch(key); }

Stats ArtifactStore::stats() const { return impl_->stats(); }
const std::filesystem::path& ArtifactStore::directory() const noexcept { return impl_->directory().path(); }
bool ArtifactStore::read_only() const noexcept { return impl_->read_only(); }

}  // namespace zccache
