// Storing, serving and removing for C.
#include <algorithm>
#include <string>
#include <vector>

#include "capi/handles.hpp"

using namespace zccache;

namespace {

/// Whether `count` strings stand at `strings`.
bool are_given(const char* const* strings, std::size_t count) noexcept {
  return count == 0 || (strings != nullptr && std::none_of(strings, strings + count, [](const char* one) { return one == nullptr; }));
}

zccache_status set_bytes(std::string* to, const void* data, std::size_t size) noexcept {
  return capi::guarded([&]() -> result<void> {
    to->assign(static_cast<const char*>(data), size);
    return {};
  });
}

/// Modes and digests are parallel to the outputs once the first of them is described.
void describe(Artifact* artifact, std::size_t i, std::uint32_t mode, zccache_digest digest) {
  artifact->output_modes.resize(artifact->output_names.size());
  artifact->output_digests.resize(artifact->output_names.size());
  artifact->output_modes[i] = mode;
  artifact->output_digests[i] = {.low = digest.low, .high = digest.high};
}

}  // namespace

zccache_status zccache_artifact_new(zccache_artifact** artifact) {
  if (artifact == nullptr) return capi::null_argument(__func__);
  *artifact = nullptr;
  return capi::guarded([&]() -> result<void> {
    *artifact = new zccache_artifact{Artifact::from_outputs({}, {})};
    return {};
  });
}

void zccache_artifact_free(zccache_artifact* artifact) { delete artifact; }

zccache_status zccache_artifact_add_output(zccache_artifact* artifact, const char* name, uint64_t size) {
  if (artifact == nullptr || name == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&]() -> result<void> {
    Artifact& to = artifact->value;
    // Room first: where there is none, nothing was added.
    to.output_sizes.reserve(to.output_sizes.size() + 1);
    to.output_modes.reserve(to.output_sizes.capacity());
    to.output_digests.reserve(to.output_sizes.capacity());
    to.output_names.emplace_back(name);
    to.output_sizes.push_back(size);
    if (!to.output_modes.empty()) to.output_modes.push_back(0);
    if (!to.output_digests.empty()) to.output_digests.emplace_back();
    to.total_size += size;
    return {};
  });
}

zccache_status zccache_artifact_describe_output(zccache_artifact* artifact, size_t i, uint32_t mode, zccache_digest digest) {
  if (artifact == nullptr) return capi::null_argument(__func__);
  if (i >= artifact->value.output_names.size()) {
    return capi::complain(ZCCACHE_INVALID_ARGUMENT, "zccache_artifact_describe_output: no output has this number yet");
  }
  return capi::guarded([&]() -> result<void> {
    describe(&artifact->value, i, mode, digest);
    return {};
  });
}

zccache_status zccache_artifact_set_stdout(zccache_artifact* artifact, const void* data, size_t size) {
  if (artifact == nullptr || (data == nullptr && size != 0)) return capi::null_argument(__func__);
  return set_bytes(&artifact->value.stdout_bytes, data, size);
}

zccache_status zccache_artifact_set_stderr(zccache_artifact* artifact, const void* data, size_t size) {
  if (artifact == nullptr || (data == nullptr && size != 0)) return capi::null_argument(__func__);
  return set_bytes(&artifact->value.stderr_bytes, data, size);
}

zccache_status zccache_artifact_set_exit_code(zccache_artifact* artifact, int32_t exit_code) {
  if (artifact == nullptr) return capi::null_argument(__func__);
  artifact->value.exit_code = exit_code;
  return ZCCACHE_OK;
}

zccache_status zccache_artifact_set_stored_at_secs(zccache_artifact* artifact, uint64_t unix_time) {
  if (artifact == nullptr) return capi::null_argument(__func__);
  artifact->value.stored_at_secs = unix_time;
  return ZCCACHE_OK;
}

zccache_status zccache_insert(zccache_store* store, const char* key, const zccache_artifact* artifact) {
  if (store == nullptr || key == nullptr || artifact == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&] { return store->store->insert(key, artifact->value); });
}

zccache_status zccache_put(zccache_store* store, const char* key, const zccache_artifact* artifact, const char* const* paths, size_t count) {
  if (store == nullptr || key == nullptr || artifact == nullptr || !are_given(paths, count)) return capi::null_argument(__func__);
  const Artifact& from = artifact->value;
  if (count != from.output_names.size()) {
    return capi::complain(ZCCACHE_INVALID_ARGUMENT, "zccache_put: give one path for each output of the artifact");
  }
  return capi::guarded([&] {
    std::vector<OutputFile> files;
    for (std::size_t i = 0; i < count; ++i) files.push_back({from.output_names[i], paths[i]});
    return PayloadStore(*store->store).put(key, files, from.stdout_bytes, from.stderr_bytes, from.exit_code);
  });
}

zccache_status zccache_restore(zccache_store* store, const zccache_entry* entry, const char* const* names, const char* const* paths,
                               size_t count, int hard_link, int* found) {
  static_assert(ZCCACHE_MISS == 0, "what is handed out on failure is a miss");
  if (found != nullptr) *found = ZCCACHE_MISS;
  if (store == nullptr || entry == nullptr || found == nullptr || !are_given(names, count) || !are_given(paths, count)) {
    return capi::null_argument(__func__);
  }
  return capi::guarded([&]() -> result<void> {
    std::vector<OutputFile> wanted;
    for (std::size_t i = 0; i < count; ++i) wanted.push_back({names[i], paths[i]});
    const auto restored =
        PayloadStore(*store->store).restore(entry->view(), wanted, hard_link != 0 ? Materialize::hard_link : Materialize::copy);
    if (!restored) return restored.error();
    *found = *restored == Restored::hit ? ZCCACHE_HIT : *restored == Restored::miss ? ZCCACHE_MISS : ZCCACHE_DAMAGED;
    return {};
  });
}

zccache_status zccache_remove(zccache_store* store, const char* key, int* existed) {
  if (existed != nullptr) *existed = 0;
  if (store == nullptr || key == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&] { return capi::hand_out(PayloadStore(*store->store).remove(key), existed); });
}

zccache_status zccache_clear(zccache_store* store, uint64_t* removed) {
  if (removed != nullptr) *removed = 0;
  if (store == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&] { return capi::hand_out(store->store->clear(), removed); });
}
