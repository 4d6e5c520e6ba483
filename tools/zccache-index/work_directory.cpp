#include "work_directory.hpp"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is not in <cstdlib>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;
using tools::Descriptor;

/// The directory, if it is one of this user's: others may have theirs beside it.
Descriptor open_own(const fs::path& directory) {
  Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  return opened && ::fstat(opened.get(), &status) == 0 && status.st_uid == ::geteuid() ? std::move(opened) : Descriptor();
}

bool is_at(const Descriptor& opened, const fs::path& directory) {
  struct stat status {};
  struct stat at_path {};
  return ::fstat(opened.get(), &status) == 0 && ::lstat(directory.c_str(), &at_path) == 0 && status.st_ino == at_path.st_ino &&
         status.st_dev == at_path.st_dev;
}

enum class Locked { by_us, by_another, not_at_all };

/// `not_at_all` on a file system without such locks. Nobody gets one there, so nobody takes the directory for left behind.
Locked try_lock(const Descriptor& opened) {
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return Locked::by_us;
  return errno == EWOULDBLOCK ? Locked::by_another : Locked::not_at_all;
}

[[noreturn]] void fail(const char* call, const fs::path& path) { throw fs::filesystem_error(call, path, {errno, std::generic_category()}); }

fs::path temporary_directory() {
  std::error_code none;  // no such directory: making one in it says so, and there is nothing to remove
  return fs::temp_directory_path(none);
}

}  // namespace

WorkPlace import_place(const fs::path& cache) { return {cache, ".import-"}; }
WorkPlace export_place() { return {temporary_directory(), "zccache-export-"}; }
WorkPlace explain_place() { return {temporary_directory(), "zccache-explain-"}; }

WorkDirectory::WorkDirectory(const WorkPlace& place) {
  remove_left_behind(place);
  for (;;) {
    std::string pattern = (place.parent / (place.prefix + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) fail("mkdtemp", pattern);
    path_ = pattern;
    lock_ = open_own(path_);
    // Between its making and its locking another process may have taken it for left behind, and removed it.
    if (lock_ && try_lock(lock_) != Locked::by_another && is_at(lock_, path_)) return;
    if (!lock_ && errno != ENOENT) fail("open", path_);
  }
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;  // it takes space only, and the next one tries again
  fs::remove_all(path_, ignored);
}

void remove_left_behind(const WorkPlace& place) {
  std::error_code ignored;
  for (fs::directory_iterator found(place.parent, ignored); !ignored && found != fs::directory_iterator(); found.increment(ignored)) {
    if (!found->path().filename().string().starts_with(place.prefix)) continue;
    const Descriptor opened = open_own(found->path());
    if (!opened || try_lock(opened) != Locked::by_us || !is_at(opened, found->path())) continue;
    std::error_code failed;  // as above
    fs::remove_all(found->path(), failed);
  }
}

}  // namespace zccache::index_tool
