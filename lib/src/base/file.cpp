#include "base/file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "format/hash.hpp"

namespace zccache {
namespace {

Error error_of(int error_number) noexcept {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return Error::no_space;
    case ENOENT:
      return Error::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return Error::directory_unusable;
    default:
      return Error::io;
  }
}

/// Tries again after a signal, as every caller here would.
template <class Call>
auto retry_interrupted(Call call) {
  for (;;) {
    const auto outcome = call();
    if (outcome >= 0 || errno != EINTR) return outcome;
  }
}

result<void> write_zeros(int fd, std::size_t from, std::size_t size, const std::filesystem::path& path) {
  static constexpr std::array<std::byte, 1 << 16> kZeros{};
  if (::lseek(fd, static_cast<off_t>(from), SEEK_SET) < 0) return system_failure(path.string());
  for (std::size_t done = 0; done < size;) {
    const std::size_t step = std::min(size - done, kZeros.size());
    if (auto written = write_all(fd, {kZeros.data(), step}, path); !written) return written;
    done += step;
  }
  return {};
}

}  // namespace

Failure system_failure(std::string subject, int error_number) { return {error_of(error_number), std::move(subject), error_number}; }
bool is_about_the_file(const Failure& failure) noexcept {
  constexpr std::array kOfTheFile{0, ENOENT, ELOOP, ENOTDIR, EISDIR, ENXIO, ENODEV, EACCES, EPERM};  // 0: what we found ourselves
  return std::ranges::find(kOfTheFile, failure.system_error) != kOfTheFile.end();
}
Failure system_failure(std::string subject) { return system_failure(std::move(subject), errno); }

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

result<UniqueFd> open_file(const std::filesystem::path& path, int flags, mode_t mode) {
  return open_file_in(AT_FDCWD, path.c_str(), flags, path, mode);
}

result<UniqueFd> open_file_in(int directory, const char* name, int flags, const std::filesystem::path& path, mode_t mode) {
  const int fd = retry_interrupted([&] { return ::openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode); });
  if (fd < 0) return system_failure(path.string());
  return UniqueFd(fd);
}

result<struct stat> status_of(int fd, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_failure(path.string());
  return status;
}

std::string unique_name_for(const std::string& target) {
  static std::atomic<std::uint64_t> counter{0};
  const std::uint64_t facts[] = {static_cast<std::uint64_t>(::getpid()), counter.fetch_add(1, std::memory_order_relaxed),
                                 static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count())};
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016" PRIx64, format::checksum64(facts, sizeof facts));
  return "." + target + "." + digits.data() + ".tmp";
}

result<void> write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = retry_interrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return system_failure(path.string());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

result<void> read_all(int fd, std::uint64_t offset, std::span<std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = retry_interrupted([&] { return ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) return system_failure(path.string());
    if (count == 0) return Failure{Error::io, path.string()};
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

result<void> allocate_blocks(int fd, std::size_t from, std::size_t size, const std::filesystem::path& path) {
  // Beyond what `ulimit -f` allows, the call would end the process by a signal.
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && from + size > limit.rlim_cur)
    return Failure{Error::no_space, path.string(), EFBIG};
  if (retry_interrupted([&] { return ::fallocate(fd, 0, static_cast<off_t>(from), static_cast<off_t>(size)); }) == 0) return {};
  // Where the file system has no such call, writing is what takes the blocks.
  if (errno == EOPNOTSUPP || errno == ENOSYS) return write_zeros(fd, from, size, path);
  return system_failure(path.string());
}

void ask_for_changes_in_place(int fd) noexcept {
  int flags = 0;
  if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return;
  flags |= FS_NOCOW_FL;
  [[maybe_unused]] const int refused = ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

std::vector<FileRange> written_ranges(int fd, std::size_t size) {
  std::vector<FileRange> ranges;
  for (std::size_t from = 0; from < size;) {
    const off_t data = ::lseek(fd, static_cast<off_t>(from), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // nothing but a hole from here on
    const off_t hole = data < 0 ? -1 : ::lseek(fd, data, SEEK_HOLE);
    // Where the file system does not tell, all of it may be.
    const FileRange range = hole < 0 ? FileRange{from, size} : FileRange{static_cast<std::size_t>(data), static_cast<std::size_t>(hole)};
    if (range.begin < size) ranges.push_back({range.begin, std::min(range.end, size)});
    from = range.end;
  }
  return ranges;
}

result<void> sync_directory(const std::filesystem::path& directory) {
  auto fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!fd) return fd.error();
  if (retry_interrupted([&] { return ::fsync(fd->get()); }) != 0) return system_failure(directory.string());
  return {};
}

std::filesystem::path unique_name_beside(const std::filesystem::path& target) {
  static std::atomic<std::uint64_t> counter{0};
  const std::uint64_t facts[] = {static_cast<std::uint64_t>(::getpid()), counter.fetch_add(1, std::memory_order_relaxed),
                                 static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count())};
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016" PRIx64, format::checksum64(facts, sizeof facts));
  return target.parent_path() / (std::string(".") + digits.data() + ".tmp");
}

result<AtomicFile> AtomicFile::create(std::filesystem::path temporary, mode_t mode) {
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) return system_failure(temporary.string());
  auto fd = open_file(temporary, O_RDWR | O_CREAT | O_EXCL, mode);
  if (!fd) return fd.error();
  return AtomicFile(std::move(temporary), std::move(*fd));
}

result<AtomicFile> AtomicFile::create_beside(const std::filesystem::path& target, mode_t mode) {
  for (;;) {
    std::filesystem::path temporary = unique_name_beside(target);
    auto fd = open_file(temporary, O_RDWR | O_CREAT | O_EXCL, mode);
    if (fd) return AtomicFile(std::move(temporary), std::move(*fd));
    if (fd.error().system_error != EEXIST) return fd.error();
  }
}

result<AtomicFile> AtomicFile::link_beside(const std::filesystem::path& target, int existing) {
  const std::string open_file = "/proc/self/fd/" + std::to_string(existing);
  for (;;) {
    std::filesystem::path temporary = unique_name_beside(target);
    if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      return AtomicFile(std::move(temporary), UniqueFd());
    }
    if (errno != EEXIST) return system_failure(target.string());
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept : temporary_(std::exchange(other.temporary_, {})), fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

result<void> AtomicFile::commit(const std::filesystem::path& target) {
  if (::rename(temporary_.c_str(), target.c_str()) != 0) return system_failure(target.string());
  temporary_.clear();
  return {};
}

result<void> AtomicFile::replace(const std::filesystem::path& target) {
  // Exchanging is atomic as renaming is. A kill in between leaves the old file under the temporary name.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) return commit(target);
  ::unlink(temporary_.c_str());
  temporary_.clear();
  return {};
}

result<ReadOnlyMapping> ReadOnlyMapping::map(const std::filesystem::path& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  return map(fd->get(), path);
}

result<ReadOnlyMapping> ReadOnlyMapping::map(int fd, const std::filesystem::path& path) {
  auto status = status_of(fd, path);
  if (!status) return status.error();
  if (!S_ISREG(status->st_mode)) return Failure{Error::corrupt, path.string()};
  const auto size = static_cast<std::size_t>(status->st_size);
  if (size == 0) return ReadOnlyMapping({}, *status);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return system_failure(path.string());
  return ReadOnlyMapping({static_cast<const std::byte*>(address), size}, *status);
}

ReadOnlyMapping::ReadOnlyMapping(ReadOnlyMapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})), status_(other.status_) {}

ReadOnlyMapping::~ReadOnlyMapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace zccache
