// The system calls that are observed: what each asks, and where among its arguments the paths are.
#pragma once

#include <cstdint>
#include <span>

namespace zccache::observe {

/// What a call is to the observer. The calls of one kind differ in their arguments only.
enum class Asks : std::uint8_t {
  open,
  open_how,  ///< flags and mode in a struct
  create,    ///< open with O_CREAT | O_WRONLY | O_TRUNC
  execute,
  status,
  link_status,
  access,
  read_link,
  list,
  rename,
  remove,
  make,     ///< a directory or special file
  link,     ///< `path` is the new name, `second_path` the old one
  symlink,  ///< `path` is the link, `second_path` its text
  change,
  change_directory,
  input,    ///< of a descriptor that may be one that the command was started with
  address,  ///< connects a socket
  network,  ///< makes a socket
  message,  ///< sends to an address
  clone,    ///< `flags` may ask for a namespace
  clone_how,
  control,  ///< prctl, which may install a filter
  refused,  ///< makes the run unstorable: `reason`
};

inline constexpr std::int8_t kNone = -1;

/// Numbers of arguments, from 0; kNone where the call has no such argument.
struct CallShape {
  int number;
  Asks asks;
  std::int8_t directory = kNone;  ///< the descriptor that a relative path starts at; alone: the file that is meant
  std::int8_t path = kNone;
  std::int8_t flags = kNone;
  std::int8_t mode = kNone;
  std::int8_t second_directory = kNone;
  std::int8_t second_path = kNone;
  const char* reason = nullptr;
};

/// All of them, for the architecture of this program.
[[nodiscard]] std::span<const CallShape> observed_calls() noexcept;

/// Whether the call is about a path, and fails without harm where all its arguments are -1.
[[nodiscard]] bool is_about_files(const CallShape& shape) noexcept;

/// Null where the call is not observed.
[[nodiscard]] const CallShape* shape_of(int number) noexcept;

/// Another architecture that this kernel runs in the same process or beside it, and the calls no program of it does without.
struct ForeignArchitecture {
  std::uint32_t audit_name;
  std::span<const int> numbers;
};
[[nodiscard]] ForeignArchitecture foreign_architecture() noexcept;
[[nodiscard]] std::uint32_t native_architecture() noexcept;  ///< AUDIT_ARCH_…

}  // namespace zccache::observe
