// Opening, closing, snapshot, statistics and log for C.
#include <zccache/log.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "capi/handles.hpp"

using namespace zccache;

zccache_status zccache_options_new(zccache_options** options) {
  if (options == nullptr) return capi::null_argument(__func__);
  *options = nullptr;
  return capi::guarded([&]() -> result<void> {
    *options = new zccache_options{OpenOptions::from_environment()};
    return {};
  });
}

namespace {

bool set_option(OpenOptions* options, zccache_option option, std::uint64_t value) {
  constexpr std::uint64_t kLongest = std::uint64_t{1} << 40;  // over 30 years; more would overflow where it is added to a time
  const std::chrono::milliseconds duration(std::min(value, kLongest));
  switch (option) {
    case ZCCACHE_OPTION_READ_ONLY:
      options->read_only = value != 0;
      return true;
    case ZCCACHE_OPTION_LOCK_TIMEOUT_MS:
      options->lock_timeout = duration;
      return true;
    case ZCCACHE_OPTION_FLUSH_THREAD:
      options->flusher = value != 0 ? Flusher::thread : Flusher::caller;
      return true;
    case ZCCACHE_OPTION_FLUSH_INTERVAL_MS:
      options->flush_interval = duration;
      return true;
    case ZCCACHE_OPTION_FLUSH_CHANGES:
      options->flush_changes = value;
      return true;
    case ZCCACHE_OPTION_ALLOW_ANY_FILESYSTEM:
      options->allow_any_filesystem = value != 0;
      return true;
    case ZCCACHE_OPTION_HANDLE_SIGBUS:
      options->handle_sigbus = value != 0;
      return true;
    default:
      return false;
  }
}

zccache_stats as_c(const Stats& stats) {
  return {.entries = stats.entries,
          .live_bytes = stats.live_bytes,
          .garbage_bytes = stats.garbage_bytes,
          .segment_bytes = stats.segment_bytes,
          .generation = stats.generation,
          .renewals = stats.renewals,
          .hits = stats.hits,
          .misses = stats.misses,
          .inserts = stats.inserts,
          .removes = stats.removes,
          .evictions = stats.evictions,
          .flushes_done = stats.flushes_done,
          .flushes_failed = stats.flushes_failed,
          .last_flush_micros = stats.last_flush_micros,
          .last_flush_at_secs = stats.last_flush_at_secs,
          .snapshot_entries = stats.snapshot_entries,
          .snapshot_bytes = stats.snapshot_bytes,
          .unflushed_changes = stats.unflushed_changes};
}

}  // namespace

zccache_status zccache_options_set(zccache_options* options, zccache_option option, uint64_t value) {
  if (options == nullptr) return capi::null_argument(__func__);
  if (set_option(&options->value, option, value)) return ZCCACHE_OK;
  return capi::complain(ZCCACHE_INVALID_ARGUMENT, "zccache_options_set: this version of the library has no such option");
}

void zccache_options_free(zccache_options* options) { delete options; }

zccache_status zccache_open(const char* directory, const zccache_options* options, zccache_store** store) {
  if (store == nullptr) return capi::null_argument(__func__);
  *store = nullptr;
  return capi::guarded([&]() -> result<void> {
    const std::filesystem::path path = directory != nullptr ? std::filesystem::path(directory) : default_directory();
    if (path.empty()) return Failure{Error::directory_unusable, "no directory is named, by the caller, ZCCACHE_DIR or HOME"};
    auto opened = ArtifactStore::open(path, options != nullptr ? options->value : OpenOptions::from_environment());
    if (!opened) return opened.error();
    *store = new zccache_store{std::make_shared<ArtifactStore>(std::move(*opened))};
    return {};
  });
}

void zccache_close(zccache_store* store) { delete store; }

const char* zccache_directory(const zccache_store* store) { return store != nullptr ? store->store->directory().c_str() : nullptr; }

zccache_status zccache_flush(zccache_store* store) {
  if (store == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&] { return store->store->flush(); });
}

zccache_status zccache_flush_if_due(zccache_store* store, int* flushed) {
  if (flushed != nullptr) *flushed = 0;
  if (store == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&] { return capi::hand_out(store->store->flush_if_due(), flushed); });
}

void zccache_count_hits(zccache_store* store, uint64_t n) {
  if (store != nullptr) store->store->count_hit(n);
}

void zccache_count_misses(zccache_store* store, uint64_t n) {
  if (store != nullptr) store->store->count_miss(n);
}

zccache_status zccache_get_stats(const zccache_store* store, zccache_stats* stats, size_t size) {
  if (stats != nullptr) std::memset(static_cast<void*>(stats), 0, size);
  if (store == nullptr || stats == nullptr) return capi::null_argument(__func__);
  return capi::guarded([&]() -> result<void> {
    const zccache_stats known = as_c(store->store->stats());
    std::memcpy(static_cast<void*>(stats), &known, std::min(size, sizeof known));
    return {};
  });
}

zccache_status zccache_set_log_sink(zccache_log_sink sink, void* user) {
  static_assert(ZCCACHE_LOG_DEBUG == static_cast<int>(LogLevel::debug) && ZCCACHE_LOG_ERROR == static_cast<int>(LogLevel::error));
  return capi::guarded([&]() -> result<void> {
    if (sink == nullptr) {
      set_log_sink({});
      return {};
    }
    set_log_sink([sink, user](LogLevel level, std::string_view line) {
      (void)capi::guarded([&]() -> result<void> {  // who logs has no use for the exceptions of who listens
        sink(static_cast<int>(level), std::string(line).c_str(), user);
        return {};
      });
    });
    return {};
  });
}
