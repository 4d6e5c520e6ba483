// What stands behind the handles of the C interface, and the gate through which every failure leaves it.
#pragma once

#include <zccache/zccache.h>
#include <zccache/payload_store.hpp>

#include <memory>
#include <new>
#include <string_view>

struct zccache_options {
  zccache::OpenOptions value;
};

/// Entries share the store, so that a caller may close and free in any order.
struct zccache_store {
  std::shared_ptr<zccache::ArtifactStore> store;
};

struct zccache_artifact {
  zccache::Artifact value;
};

/// Owns a view, or borrows one for the time of a visit.
struct zccache_entry {
  std::shared_ptr<zccache::ArtifactStore> store;  // goes last: the view needs it
  zccache::ArtifactView owned;
  const zccache::ArtifactView* borrowed = nullptr;

  [[nodiscard]] const zccache::ArtifactView& view() const noexcept { return borrowed != nullptr ? *borrowed : owned; }
};

namespace zccache::capi {

/// Keeps `message` for zccache_last_message(); allocates nothing.
zccache_status complain(zccache_status status, std::string_view message) noexcept;

/// Of a pointer that must not be null and is.
zccache_status null_argument(const char* call) noexcept;

/// Runs `body`, which returns a result<void>. Whatever goes wrong in it comes out as a status.
template <class Body>
zccache_status guarded(Body body) noexcept {
  try {
    const result<void> outcome = body();
    if (outcome) return ZCCACHE_OK;
    return complain(static_cast<zccache_status>(outcome.error().error), outcome.error().message());
  } catch (const std::bad_alloc&) {
    return complain(ZCCACHE_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& failed) {
    return complain(ZCCACHE_INTERNAL, failed.what());
  } catch (...) {
    return complain(ZCCACHE_INTERNAL, "an exception that is none of the library's");
  }
}

/// Passes on an answer, where somebody wants it.
template <class Value, class Out>
result<void> hand_out(const result<Value>& from, Out* to) {
  if (!from) return from.error();
  if (to != nullptr) *to = static_cast<Out>(*from);
  return {};
}

}  // namespace zccache::capi
