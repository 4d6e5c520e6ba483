#include "zccache-remote/file_backend.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/descriptor.hpp"

namespace zccache::remote {
namespace {

namespace fs = std::filesystem;

Reply failure(const fs::path& path, int error) {
  const std::string why = path.string() + ": " + std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return {Outcome::refused, {}, why};
    case ENOSPC:
    case EDQUOT:
      return {Outcome::full, {}, why};
    default:
      return {Outcome::failed, {}, why};
  }
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

fs::path FileBackend::path_of(const cc::ContentDigest& name) const {
  const std::string hex = cc::hex_of(name);
  return directory_ / hex.substr(0, 2) / hex;
}

Reply FileBackend::get(const cc::ContentDigest& name) {
  const fs::path path = path_of(name);
  const tools::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return errno == ENOENT ? Reply{Outcome::absent, {}, {}} : failure(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failure(path, errno);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > limits_.max_value_bytes)
    return {Outcome::absent, {}, path.string() + ": no value"};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(path, errno);
    if (got == 0) break;  // it became shorter: its checksum will say so
    have += static_cast<std::size_t>(got);
  }
  return {Outcome::good, std::move(bytes), {}};
}

// Written aside and renamed: a kill leaves a file that nobody asks for, never half a value.
Reply FileBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  const fs::path path = path_of(name);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return failure(path.parent_path(), error.value());
  std::string aside = path.parent_path() / ".XXXXXX";
  tools::Descriptor file(::mkostemp(aside.data(), O_CLOEXEC));
  if (!file) return failure(path.parent_path(), errno);
  // What the directory lets others read, its files do too.
  (void)::fchmod(file.get(), 0644);
  if (!write_all(file.get(), bytes) || ::rename(aside.c_str(), path.c_str()) != 0) {
    const Reply why = failure(path, errno);
    (void)::unlink(aside.c_str());
    return why;
  }
  return {Outcome::good, {}, {}};
}

}  // namespace zccache::remote
