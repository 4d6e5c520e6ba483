// Kinds of questions, and what a path led to. Plain data: the preloaded library has no more than this.
#pragma once

#include <cstdint>

namespace zccache::observe {

/// What was asked: one for each kind of fact, not for each system call.
enum class Call : std::uint8_t {
  open_read,         ///< opened for reading, neither created nor truncated; `status` if that succeeded
  open_write,        ///< opened for writing, created, truncated or appended to; `flags` and `mode` as requested
  execute,           ///< execve and its failures along PATH; also the interpreters and loaders that the kernel opens for it
  status,            ///< stat, links followed
  link_status,       ///< lstat
  access,            ///< `mode` is R_OK | W_OK | X_OK, or F_OK
  read_link,         ///< `target` if it succeeded; EINVAL says that the path is no link
  list,              ///< the names in the directory `path`
  rename,            ///< `path` to `target`
  remove,            ///< unlink, rmdir
  make,              ///< mkdir, mknod, symlink and link; `target` of the last two
  change,            ///< mode, owner, times, size or extended attributes of `path`
  change_directory,  ///< to `path`
};

/// Of what the path led to at that moment.
struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint32_t mode = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint64_t links = 0;
  bool operator==(const FileStatus&) const = default;
};

}  // namespace zccache::observe
