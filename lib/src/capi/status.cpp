// How the C interface says what went wrong.
#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <span>
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

/// Room for a path and what is said about it. On the heap: a library that is loaded by dlopen(3) finds some hundred bytes of thread-local
/// memory.
using LongMessage = std::array<char, 8192>;
thread_local std::unique_ptr<LongMessage> long_message;
/// So that running out of memory can be told without any.
thread_local std::array<char, 128> short_message{};
thread_local const char* last_message = short_message.data();

std::span<char> room_for_message() noexcept {
  if (!long_message) long_message.reset(new (std::nothrow) LongMessage);
  if (long_message) return *long_message;
  return short_message;
}

}  // namespace

zccache_status complain(zccache_status status, std::string_view message) noexcept {
  const std::span<char> room = room_for_message();
  const std::size_t size = std::min(message.size(), room.size() - 1);
  std::copy_n(message.data(), size, room.data());
  room[size] = '\0';
  last_message = room.data();
  return status;
}

zccache_status null_argument(const char* call) noexcept {
  constexpr std::string_view kCause = ": a pointer that must not be NULL is; see zccache.h";
  const std::string_view name = call;
  std::array<char, 128> text{};
  const std::size_t at = std::min(name.size(), text.size() - kCause.size());
  std::copy_n(name.data(), at, text.data());
  std::copy_n(kCause.data(), kCause.size(), text.data() + at);
  return complain(ZCCACHE_INVALID_ARGUMENT, {text.data(), at + kCause.size()});
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

const char* zccache_last_message(void) { return capi::last_message; }

const char* zccache_version(void) { return ZCCACHE_VERSION; }
