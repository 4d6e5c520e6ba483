// Looking up for C.
#include <utility>

#include "capi/handles.hpp"

using namespace zccache;

namespace {

zccache_bytes as_c(std::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

bool has_output(const zccache_entry* entry, std::size_t i) noexcept { return entry != nullptr && i < entry->view().output_count(); }

}  // namespace

zccache_status zccache_find(const zccache_store* store, const char* key, zccache_entry** entry) {
  if (entry != nullptr) *entry = nullptr;
  if (store == nullptr || key == nullptr || entry == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&]() -> result<void> {
    ArtifactView found = store->store->find(key);
    if (found) *entry = new zccache_entry{store->store, std::move(found)};
    return {};
  });
}

void zccache_entry_free(zccache_entry* entry) { delete entry; }

zccache_bytes zccache_entry_key(const zccache_entry* entry) { return entry != nullptr ? as_c(entry->view().key()) : zccache_bytes{}; }

uint64_t zccache_entry_total_size(const zccache_entry* entry) { return entry != nullptr ? entry->view().total_size() : 0; }

uint64_t zccache_entry_stored_at_secs(const zccache_entry* entry) { return entry != nullptr ? entry->view().stored_at_secs() : 0; }

int32_t zccache_entry_exit_code(const zccache_entry* entry) { return entry != nullptr ? entry->view().exit_code() : 0; }

zccache_bytes zccache_entry_stdout(const zccache_entry* entry) {
  return entry != nullptr ? as_c(entry->view().stdout_bytes()) : zccache_bytes{};
}

zccache_bytes zccache_entry_stderr(const zccache_entry* entry) {
  return entry != nullptr ? as_c(entry->view().stderr_bytes()) : zccache_bytes{};
}

size_t zccache_entry_output_count(const zccache_entry* entry) { return entry != nullptr ? entry->view().output_count() : 0; }

zccache_bytes zccache_entry_output_name(const zccache_entry* entry, size_t i) {
  return has_output(entry, i) ? as_c(entry->view().output_name(i)) : zccache_bytes{};
}

uint64_t zccache_entry_output_size(const zccache_entry* entry, size_t i) { return has_output(entry, i) ? entry->view().output_size(i) : 0; }

uint32_t zccache_entry_output_mode(const zccache_entry* entry, size_t i) { return has_output(entry, i) ? entry->view().output_mode(i) : 0; }

zccache_digest zccache_entry_output_digest(const zccache_entry* entry, size_t i) {
  if (!has_output(entry, i)) return {};
  const Digest digest = entry->view().output_digest(i);
  return {digest.low, digest.high};
}

zccache_status zccache_for_each(const zccache_store* store, zccache_visitor visit, void* user) {
  if (store == nullptr || visit == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&]() -> result<void> {
    zccache_entry lent;
    store->store->for_each([&](const ArtifactView& view) {
      lent.borrowed = &view;
      return visit(&lent, user) != 0;
    });
    return {};
  });
}

zccache_status zccache_size(const zccache_store* store, uint64_t* entries) {
  if (entries != nullptr) *entries = 0;
  if (store == nullptr || entries == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&]() -> result<void> {
    *entries = store->store->size();
    return {};
  });
}
