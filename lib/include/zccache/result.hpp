// What can go wrong, and how the library says so.
//
// Every operation that can fail returns `result<T>`. Absence is not an error: `get` of an unknown key is an empty optional, `remove` of one
// is `false`. Damage is not an error either: it is salvaged, logged and counted. The library never prints, exits, aborts, or throws, except
// `std::bad_alloc` and what `result::value()` throws when it is called on a failure.
#pragma once

#include <boost/system/result.hpp>

#include <iosfwd>
#include <stdexcept>
#include <string>

namespace zccache {

/// The closed set of causes. `describe` gives the cause and `cure` what to do about it, one line each.
enum class Error {
  invalid_key = 1,         ///< empty, over 4096 bytes, or with a control byte or '/'
  invalid_artifact,        ///< names and sizes of different length, an unusable output name
  record_too_large,        ///< an entry over 64 MiB
  directory_unusable,      ///< missing, not a directory, a symlink, or not writable
  directory_untrusted,     ///< owned by somebody else, or writable by group or others
  unsupported_filesystem,  ///< a network or unknown file system
  no_space,                ///< disk or quota full
  lock_timeout,            ///< another process held the lock for longer than the time allowed
  read_only,               ///< a change was asked of a store that was opened read-only
  corrupt,                 ///< a file that cannot be trusted and was asked for by name
  version_mismatch,        ///< a file of another format version
  not_found,               ///< a file that was asked for by name does not exist
  io,                      ///< any other failed system call
};

[[nodiscard]] const char* name(Error error) noexcept;      ///< stable identifier, as in `--json`: "no_space"
[[nodiscard]] const char* describe(Error error) noexcept;  ///< the cause
[[nodiscard]] const char* cure(Error error) noexcept;      ///< the cure

/// An error and the thing it happened to.
struct Failure {
  Error error = Error::io;
  std::string subject;   ///< the file, key or value it is about
  int system_error = 0;  ///< errno, or 0

  /// "<subject>: <cause> (<errno text>); <cure>"
  [[nodiscard]] std::string message() const;
};
std::ostream& operator<<(std::ostream& out, const Failure& failure);  ///< its message()

/// Thrown by `result<T>::value()` on a failure, and by nothing else.
class FailureException : public std::runtime_error {
 public:
  explicit FailureException(Failure failure);
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

template <class T>
using result = boost::system::result<T, Failure>;

}  // namespace zccache
