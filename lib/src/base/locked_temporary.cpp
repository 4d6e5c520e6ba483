#include "base/locked_temporary.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/directory.hpp"

namespace zccache {
namespace {

bool is_unsupported(int error_number) noexcept { return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP; }

/// "rename over" or "no such": the name is not what it was a moment ago.
bool is_changed_name(int error_number) noexcept { return error_number == EEXIST || error_number == ENOENT; }

/// Removes it if nobody works on it: it is no file, or its lock can be had. Where that is because its maker has yet to lock it, he finds it
/// gone under his own lock, and starts again.
bool remove_if_stale(const HeldDirectory& directory, const char* name) {
  struct stat status {};
  if (::fstatat(directory.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  LockableFile file;
  if (S_ISREG(status.st_mode)) {
    auto fd = open_file_in(directory.fd(), name, O_RDWR, directory.path());
    if (!fd) return false;
    file.open(std::move(*fd), status);
    if (!file.is_open()) return false;
    const auto locked = file.try_lock(LockByte::writer, directory.path());
    if (!locked || !*locked) return false;
  }
  return ::unlinkat(directory.fd(), name, 0) == 0;
}

}  // namespace

LockedTemporary::LockedTemporary(HeldDirectory directory, std::string name, std::unique_ptr<LockableFile> file)
    : directory_(std::move(directory)), name_(std::move(name)), path_(directory_.path() / name_), file_(std::move(file)) {}

LockedTemporary::LockedTemporary(LockedTemporary&& other) noexcept
    : directory_(other.directory_), name_(std::exchange(other.name_, {})), path_(std::move(other.path_)), file_(std::move(other.file_)) {}

LockedTemporary::~LockedTemporary() {
  if (!name_.empty()) ::unlinkat(directory_.fd(), name_.c_str(), 0);
}

result<LockedTemporary> LockedTemporary::create(const HeldDirectory& directory, const char* target) {
  constexpr int kMaxTries = 100;  // each means that somebody cleaned up between two of our calls, or had the same name
  for (int tries = 0; tries < kMaxTries; ++tries) {
    std::string name = unique_name_for(target);
    const std::filesystem::path path = directory.path() / name;
    auto fd = open_file_in(directory.fd(), name.c_str(), O_RDWR | O_CREAT | O_EXCL, path);
    if (!fd && fd.error().system_error == EEXIST) continue;
    if (!fd) return fd.error();
    auto status = status_of(fd->get(), path);
    if (!status) return status.error();
    LockedTemporary made(directory, std::move(name), std::make_unique<LockableFile>(std::move(*fd), *status));
    auto locked = made.file_->try_lock(LockByte::writer, path);
    if (!locked) return locked.error();
    // Who cleans up takes a file that is not locked yet for one of the dead.
    if (*locked && directory.find(made.name_.c_str()) == made.file_->identity()) return made;
  }
  return Failure{Error::io, directory.path().string()};
}

result<void> LockedTemporary::replace(const char* target) {
  if (::renameat(directory_.fd(), name_.c_str(), directory_.fd(), target) != 0) return system_failure((directory_.path() / target).string());
  name_.clear();
  return {};
}

result<bool> LockedTemporary::put_in_place_of(const std::optional<FileIdentity>& before, const char* target,
                                              const std::function<void()>& withdraw) {
  return before ? exchange(*before, target, withdraw) : place_new(target);
}

result<bool> LockedTemporary::place_new(const char* target) {
  const int directory = directory_.fd();
  if (::renameat2(directory, name_.c_str(), directory, target, RENAME_NOREPLACE) == 0) {
    name_.clear();
    return true;
  }
  // A second name, and then the first one goes: the destructor sees to that.
  if (is_unsupported(errno) && ::linkat(directory, name_.c_str(), directory, target, 0) == 0) return true;
  if (is_changed_name(errno)) return false;
  return system_failure((directory_.path() / target).string());
}

result<bool> LockedTemporary::exchange(const FileIdentity& before, const char* target, const std::function<void()>& withdraw) {
  const int directory = directory_.fd();
  if (directory_.find(target) != before) return false;
  // Not a rename over it, which no system call ties to the file that we mean. (And which writes the file to disk on ext4: it need not be.)
  // A kill right after leaves the old file under the temporary name: it is not locked any more, and the next maker removes it.
  if (::renameat2(directory, name_.c_str(), directory, target, RENAME_EXCHANGE) != 0) {
    if (is_unsupported(errno)) {
      if (auto replaced = replace(target); !replaced) return replaced.error();
      return true;
    }
    if (is_changed_name(errno)) return false;
    return system_failure((directory_.path() / target).string());
  }
  if (directory_.find(name_.c_str()) == before) return true;  // and the destructor removes it
  withdraw();
  if (::renameat2(directory, name_.c_str(), directory, target, RENAME_EXCHANGE) == 0) return false;
  // Ours was taken away from there, too. What came out goes back to its name, and there is nothing left to discard.
  (void)::renameat2(directory, name_.c_str(), directory, target, RENAME_NOREPLACE);
  name_.clear();
  return false;
}

std::size_t remove_stale_temporaries(const HeldDirectory& directory, const char* target) {
  const std::string former_name = std::string(".") + target + ".tmp";  // one name for all, as earlier versions had it
  const std::size_t length = unique_name_for(target).size();
  std::vector<std::string> names;
  // Not by std::filesystem: with libstdc++ 12 its iterator ends the process where there is no memory for it.
  UniqueFd opened(::openat(directory.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(opened.get()), ::closedir);
  if (listing) opened.release();  // closed with the listing
  while (const dirent* entry = listing ? ::readdir(listing.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    const bool unique = name.size() == length && name.starts_with(std::string(".") + target + ".") && name.ends_with(".tmp");
    if (unique || name == former_name) names.emplace_back(name);
  }
  std::size_t removed = 0;
  for (const std::string& name : names) removed += remove_if_stale(directory, name.c_str()) ? 1 : 0;
  return removed;
}

}  // namespace zccache
