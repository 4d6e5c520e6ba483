#include "base/directory.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.hpp"

namespace zccache {
namespace {

// Local file systems on which mmap is coherent between processes and OFD locks work. Those that <linux/magic.h> does not name: statfs(2).
constexpr std::array<unsigned long, 11> kKnownFilesystems{
    EXT4_SUPER_MAGIC,  // ext2, ext3, ext4
    XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC, TMPFS_MAGIC, RAMFS_MAGIC, F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, REISERFS_SUPER_MAGIC,
    0x2fc12fc1,  // zfs
    0xca451a4e,  // bcachefs
    0x3153464a,  // jfs
};

/// mkdir(2) of `path`, and of what is missing above it; `made` is called with what is new.
template <class Made>
result<void> make_directories(const std::filesystem::path& path, Made made) {
  const auto make = [&] { return ::mkdir(path.c_str(), 0700) == 0 ? (made(path), true) : errno == EEXIST; };
  if (make()) return {};
  if (errno == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    if (auto parent = make_directories(path.parent_path(), made); !parent) return parent;
    if (make()) return {};
  }
  const Error error = errno == ENOSPC || errno == EDQUOT ? Error::no_space : Error::directory_unusable;
  return Failure{error, path.string(), errno};
}

result<struct stat> status_of_own_directory(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? system_failure(path.string()) : Failure{Error::directory_unusable, path.string(), errno};
  }
  if (!S_ISDIR(status.st_mode)) return Failure{Error::directory_unusable, path.string(), S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR};
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Failure{Error::directory_untrusted, path.string()};
  }
  return status;
}

}  // namespace

result<void> check_directory(const std::filesystem::path& path) {
  const auto status = status_of_own_directory(path);
  return status ? result<void>{} : status.error();
}

result<void> check_writable_directory(const std::filesystem::path& path) {
  const auto status = status_of_own_directory(path);
  if (!status) return status.error();
  // Asked only where the mode says no, which root may ignore: an open costs no further call.
  if ((status->st_mode & S_IWUSR) == 0 && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) return system_failure(path.string());
  return {};
}

result<void> check_foreign_directory(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? system_failure(path.string()) : Failure{Error::directory_unusable, path.string(), errno};
  }
  if (!S_ISDIR(status.st_mode)) return Failure{Error::directory_unusable, path.string(), ENOTDIR};
  return (status.st_mode & S_IWOTH) != 0 ? Failure{Error::directory_untrusted, path.string()} : result<void>{};
}

result<void> make_directory(const std::filesystem::path& path) {
  return make_directories(path, [](const std::filesystem::path&) {});
}

result<void> make_durable_directory(const std::filesystem::path& path) {
  return make_directories(path, [](const std::filesystem::path& made) { (void)sync_directory(made / ".."); });
}

result<void> make_folder(const std::filesystem::path& path) {
  if (auto made = make_directory(path); !made) return made;
  return check_directory(path);
}

bool is_folder(const std::filesystem::path& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

result<void> check_filesystem(const std::filesystem::path& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return system_failure(path.string());
  const auto type = static_cast<unsigned long>(static_cast<unsigned int>(status.f_type));
  if (std::ranges::find(kKnownFilesystems, type) == kKnownFilesystems.end()) return Failure{Error::unsupported_filesystem, path.string()};
  return {};
}

}  // namespace zccache
