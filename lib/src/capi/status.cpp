// How the C interface says what went wrong.
#include <algorithm>
#include <array>
#include <string>

#include "capi/handles.hpp"

namespace zccache::capi {
namespace {

static_assert(ZCCACHE_INVALID_KEY == static_cast<int>(Error::invalid_key));
static_assert(ZCCACHE_INVALID_ARTIFACT == static_cast<int>(Error::invalid_artifact));
static_assert(ZCCACHE_RECORD_TOO_LARGE == static_cast<int>(Error::record_too_large));
static_assert(ZCCACHE_DIRECTORY_UNUSABLE == static_cast<int>(Error::directory_unusable));
static_assert(ZCCACHE_DIRECTORY_UNTRUSTED == static_cast<int>(Error::directory_untrusted));
static_assert(ZCCACHE_UNSUPPORTED_FILESYSTEM == static_cast<int>(Error::unsupported_filesystem));
static_assert(ZCCACHE_NO_SPACE == static_cast<int>(Error::no_space));
static_assert(ZCCACHE_LOCK_TIMEOUT == static_cast<int>(Error::lock_timeout));
static_assert(ZCCACHE_READ_ONLY == static_cast<int>(Error::read_only));
static_assert(ZCCACHE_CORRUPT == static_cast<int>(Error::corrupt));
static_assert(ZCCACHE_VERSION_MISMATCH == static_cast<int>(Error::version_mismatch));
static_assert(ZCCACHE_NOT_FOUND == static_cast<int>(Error::not_found));
static_assert(ZCCACHE_IO == static_cast<int>(Error::io));

constexpr zccache_status kLastError = ZCCACHE_IO;

/// Room for a path and what is said about it. An array, so that running out of memory can be told without any.
thread_local std::array<char, 8192> last_message{};

}  // namespace

zccache_status complain(zccache_status status, std::string_view message) noexcept {
  const std::size_t size = std::min(message.size(), last_message.size() - 1);
  std::copy_n(message.data(), size, last_message.data());
  last_message[size] = '\0';
  return status;
}

zccache_status null_argument(const char* call) noexcept {
  complain(ZCCACHE_INVALID_ARGUMENT, call);
  constexpr std::string_view kCause = ": a pointer that must not be NULL is; see zccache.h";
  const std::size_t at = std::string_view(call).size();
  std::copy_n(kCause.data(), kCause.size(), last_message.data() + at);
  last_message[at + kCause.size()] = '\0';
  return ZCCACHE_INVALID_ARGUMENT;
}

}  // namespace zccache::capi

using namespace zccache;

const char* zccache_status_name(zccache_status status) {
  switch (status) {
    case ZCCACHE_INVALID_ARGUMENT:
      return "invalid_argument";
    case ZCCACHE_OUT_OF_MEMORY:
      return "out_of_memory";
    case ZCCACHE_INTERNAL:
      return "internal";
    default:
      return status >= ZCCACHE_OK && status <= capi::kLastError ? name(static_cast<Error>(status)) : "unknown";
  }
}

const char* zccache_last_message(void) { return capi::last_message.data(); }

const char* zccache_version(void) { return ZCCACHE_VERSION; }
