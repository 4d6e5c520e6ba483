// The launcher's counters for C, by name.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "capi/handles.hpp"

using namespace zccache;

namespace {

/// As in tools/zccache-cc/platform/counters.cpp, in the order in which they are stored; a test holds the two together.
constexpr std::array kNames = {"hit",
                               "miss",
                               "unknown_compiler",
                               "not_a_compile",
                               "standard_input",
                               "bad_command_line",
                               "unusual_input",
                               "unusual_output",
                               "compiler_failed",
                               "file_changed",
                               "clock",
                               "script",
                               "other_effects",
                               "not_observed",
                               "could_not_run",
                               "damaged_entry",
                               "store_failed",
                               "internal_error",
                               "remote_hit",
                               "saved_millis",
                               "query",
                               "large_link",
                               "remote_wait_millis",
                               "remote_received_bytes",
                               "remote_rejected",
                               "remote_failed",
                               "remote_sent",
                               "remote_sent_bytes",
                               "remote_evicted"};
static_assert(kNames.size() <= kHostCounters);

}  // namespace

const char* zccache_counter_name(size_t number) { return number < kNames.size() ? kNames[number] : nullptr; }

zccache_status zccache_get_counter(const zccache_store* store, const char* name, uint64_t* count) {
  if (count != nullptr) *count = 0;
  if (store == nullptr || name == nullptr || count == nullptr) return capi::null_argument(__func__);
  const auto* const found = std::ranges::find(kNames, std::string_view(name));
  if (found == kNames.end()) return capi::complain(ZCCACHE_INVALID_ARGUMENT, "zccache_get_counter: there is no counter of this name");
  return capi::guarded([&]() -> result<void> {
    *count = store->store->stats().host[static_cast<std::size_t>(found - kNames.begin())];
    return {};
  });
}
