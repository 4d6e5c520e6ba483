#include "obstacle.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zccache/options.hpp>

#include <cerrno>
#include <cstring>

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

std::string name_of_user(uid_t user) {
  const struct passwd* known = ::getpwuid(user);
  return known != nullptr ? known->pw_name : fmt::format("user {}", user);
}

/// What the library refuses, whether to read or to write: somebody else could have written what is there.
std::vector<Obstacle> distrust(const fs::path& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) {
    std::error_code unknown;
    return {
        {"it is a symbolic link", fmt::format("set ZCCACHE_DIR to where it leads: {}", fs::weakly_canonical(path, unknown).string()), true}};
  }
  if (!S_ISDIR(status.st_mode)) return {{"it is no directory", "remove it, or choose a directory with ZCCACHE_DIR", true}};
  if (status.st_uid != ::geteuid()) {
    return {{fmt::format("it belongs to {}", name_of_user(status.st_uid)),
             "chown it to yourself, or choose a directory of your own with ZCCACHE_DIR", true}};
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return {
        {fmt::format("its mode is {:o}: others may write to it", status.st_mode & 07777), fmt::format("chmod 700 {}", path.string()), true}};
  }
  return {};
}

/// What a writer needs besides.
std::vector<Obstacle> refusal(const fs::path& path) {
  std::vector<Obstacle> found;
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    found.push_back({fmt::format("{} may not be written: {}", path.string(), std::strerror(errno)),
                     "give yourself the right, or choose another directory with ZCCACHE_DIR"});
  }
  if (!OpenOptions::from_environment().allow_any_filesystem && check_filesystem(path).has_error()) {
    found.push_back({fmt::format("{} is on a network or unknown file system, where locks are not known to work", path.string()),
                     "choose a local directory with ZCCACHE_DIR, or set ZCCACHE_ALLOW_ANY_FS=1"});
  }
  return found;
}

}  // namespace

std::vector<Obstacle> obstacles_at(const fs::path& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) == 0) {
    auto found = distrust(directory, status);
    return found.empty() ? refusal(directory) : found;
  }
  if (errno != ENOENT) return {{std::strerror(errno), "choose another directory with ZCCACHE_DIR", true}};
  fs::path above = fs::absolute(directory).lexically_normal();
  while (::stat(above.c_str(), &status) != 0 && above != above.parent_path()) above = above.parent_path();
  if (!S_ISDIR(status.st_mode)) return {{above.string() + " is no directory", "choose another directory with ZCCACHE_DIR"}};
  return refusal(above);
}

std::vector<Obstacle> obstacles_set(const cc::Settings& settings) {
  std::vector<Obstacle> found;
  if (settings.disabled) found.push_back({"ZCCACHE_DISABLE is set", "unset it: zccache-index config shows where it comes from"});
  if (settings.read_only) found.push_back({"ZCCACHE_READONLY is set", "unset it: zccache-index config shows where it comes from"});
  if (settings.observe == observe::Mode::off) found.push_back({"ZCCACHE_OBSERVE is off, so that compiles are not observed", "unset it"});
  return found;
}

}  // namespace zccache::index_tool
