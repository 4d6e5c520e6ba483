// The preloaded library's way to the observer: the gate, and the log that it notes questions in.
//
// Runs inside of programs that know nothing of it: before their constructors, in signal handlers, between vfork and exec. It allocates
// nothing, locks nothing, leaves errno as it was, and looks at no pointer before the kernel has accepted it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "observe/gate.hpp"
#include "observe/ring.hpp"

/// For what takes the place of a function of the C library.
#define ZCCACHE_EXPORT extern "C" __attribute__((visibility("default")))

namespace zccache::observe::preload {

/// One question, from before it is asked until it is noted. False where there is nobody to note it for, or no room: then the call is made
/// in the plain way, and the kernel reports it.
class Asking {
 public:
  Asking() noexcept;
  ~Asking();
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  explicit operator bool() const noexcept { return log_ != nullptr; }

  /// By the gate. -errno, or a value.
  long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) const noexcept { return gate_(number, a, b, c, d, e); }

  struct What {
    Call call;
    int directory;     ///< that a relative path starts at
    const char* path;  ///< which the kernel has read
    long answer;       ///< of the call
    int flags = 0;
    unsigned mode = 0;
    FileStatus status = {};
    std::string_view target = {};
  };
  /// Not for an answer that says nothing about files: the call was interrupted, or an address was wrong.
  void note(const What& what) noexcept;
  void note_variable(std::string_view name) noexcept;
  void note_moment(std::int64_t moment) noexcept;

  /// Not asked: only looked at by the library itself.
  [[nodiscard]] FileStatus status_of(int directory, const char* path, int flags) const noexcept;

 private:
  struct Texts {
    std::string_view base;
    std::string_view spelled;
    std::string_view target;
  };
  void note_absolute(const What& what, std::string_view base) noexcept;
  void note_relative(const What& what) noexcept;
  void write(RecordKind kind, const What& what, const Texts& texts, std::int64_t moment) noexcept;

  LogHeader* log_ = nullptr;
  Gate gate_ = nullptr;
};

inline long address(const void* pointer) noexcept { return reinterpret_cast<long>(pointer); }

/// What a function of the C library makes of it: -1 and errno, or the value.
inline long to_libc(long answer) noexcept {
  constexpr long kLargestError = 4095;
  if (answer >= 0 || answer < -kLargestError) return answer;
  errno = static_cast<int>(-answer);
  return -1;
}

/// Remembers a few of the things that were noted, so that a program that asks the same a million times does not fill the log. One may be
/// forgotten, and is noted again; threads that meet here do each other no harm.
enum class Noted : std::uint64_t { variable = 1, no_link, moment };
[[nodiscard]] bool was_noted(std::string_view text, Noted kind) noexcept;

}  // namespace zccache::observe::preload
