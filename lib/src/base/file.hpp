// Files: descriptors that close themselves, failures with their path, files that appear whole or not at all.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <zccache/result.hpp>

namespace zccache {

/// The failure that errno tells, with its subject.
[[nodiscard]] Failure system_failure(std::string subject, int error_number);
[[nodiscard]] Failure system_failure(std::string subject);  // of the current errno

/// Whether it tells something of the file itself and would be the same next time. Else the process or the machine was short of something at
/// this moment, and nothing is known of the file.
[[nodiscard]] bool is_about_the_file(const Failure& failure) noexcept;

class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// open(2), tried again after EINTR, with O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK added: a FIFO in the place of a file must not hang anybody.
[[nodiscard]] result<UniqueFd> open_file(const std::filesystem::path& path, int flags, mode_t mode = 0600);
/// The same for a name in an open directory; `path` is what a failure calls it.
[[nodiscard]] result<UniqueFd> open_file_in(int directory, const char* name, int flags, const std::filesystem::path& path, mode_t mode = 0600);
[[nodiscard]] result<struct stat> status_of(int fd, const std::filesystem::path& path);

/// Which file it is, whatever its name. Holds for as long as somebody has the file open or mapped; then the number may go to another.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  [[nodiscard]] static FileIdentity of(const struct stat& status) noexcept { return {status.st_dev, status.st_ino}; }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// ".<target's name>.<16 hex digits>.tmp". Unique enough that a collision, which O_EXCL finds, is rare.
[[nodiscard]] std::string unique_name_for(const std::string& target);

/// Writes all of it, or fails.
[[nodiscard]] result<void> write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// Reads all of `bytes` from `offset` on, or fails: with io where the file ends before.
[[nodiscard]] result<void> read_all(int fd, std::uint64_t offset, std::span<std::byte> bytes, const std::filesystem::path& path);

/// Gives the bytes [from, from + size) of the file disk blocks: a later store into a mapping of them cannot run out of space. The file grows if
/// it has to, up to what `ulimit -f` allows. Where the file system cannot do it otherwise, zeros are written there.
[[nodiscard]] result<void> allocate_blocks(int fd, std::size_t from, std::size_t size, const std::filesystem::path& path);

/// Asks for later stores into the empty file to change its blocks in place. A file system that would else write each changed block anew (btrfs)
/// needs room for that; the others do so anyway, and refuse.
void ask_for_changes_in_place(int fd) noexcept;

/// The bytes [begin, end) of a file.
struct FileRange {
  std::size_t begin, end;
};

/// Where the first `size` bytes of the file may have been written to, from the front. All others read as zeros, but are better not read through
/// a mapping: a tmpfs takes memory for each page, and where it has none left that is a SIGBUS.
[[nodiscard]] std::vector<FileRange> written_ranges(int fd, std::size_t size);

/// Makes a rename or unlink in `directory` durable.
[[nodiscard]] result<void> sync_directory(const std::filesystem::path& directory);

/// A new hidden name in the folder of `target`: ".<16 hex digits>.tmp", whatever the target is called, since its own name may be as long as a
/// name can be. Unique enough that a collision, which O_EXCL and link(2) find, is rare.
[[nodiscard]] std::filesystem::path unique_name_beside(const std::filesystem::path& target);

/// A file that is written aside under `temporary` and appears at its path whole, by commit(); the destructor discards what was not committed.
/// Whatever stands at `temporary` is removed first: the caller holds the lock that makes it the only writer of that name, or made it unique.
class AtomicFile {
 public:
  [[nodiscard]] static result<AtomicFile> create(std::filesystem::path temporary, mode_t mode = 0600);
  /// Under a new hidden name in the folder of `target`; nothing is removed, and no lock is needed.
  [[nodiscard]] static result<AtomicFile> create_beside(const std::filesystem::path& target, mode_t mode = 0600);
  /// As create_beside, with the open file `existing`: another name for it, without a descriptor. It must still have one.
  [[nodiscard]] static result<AtomicFile> link_beside(const std::filesystem::path& target, int existing);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return temporary_; }

  /// Renames over `target`. Syncing contents before, and the directory after, is the caller's decision.
  [[nodiscard]] result<void> commit(const std::filesystem::path& target);
  /// The same for a file that may be there and need not be durable: the two change places and the old one goes. File systems that write a file
  /// to disk when it is renamed over another (ext4) do not see a reason to.
  [[nodiscard]] result<void> replace(const std::filesystem::path& target);

  /// Gives the file up, and with this object its name: what stays goes with the descriptor. For what nobody else needs to see.
  [[nodiscard]] UniqueFd without_name() && noexcept { return std::move(fd_); }

 private:
  AtomicFile(std::filesystem::path temporary, UniqueFd fd) noexcept : temporary_(std::move(temporary)), fd_(std::move(fd)) {}

  std::filesystem::path temporary_;  // empty once committed
  UniqueFd fd_;
};

/// A whole file mapped PROT_READ and private to the descriptor that made it: it stays valid when the file is replaced.
class ReadOnlyMapping {
 public:
  [[nodiscard]] static result<ReadOnlyMapping> map(const std::filesystem::path& path);
  /// The file at `path`, already open.
  [[nodiscard]] static result<ReadOnlyMapping> map(int fd, const std::filesystem::path& path);
  ReadOnlyMapping(ReadOnlyMapping&& other) noexcept;
  ReadOnlyMapping& operator=(ReadOnlyMapping&&) = delete;
  ~ReadOnlyMapping();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] const struct stat& status() const noexcept { return status_; }

 private:
  ReadOnlyMapping(std::span<const std::byte> bytes, const struct stat& status) noexcept : bytes_(bytes), status_(status) {}

  std::span<const std::byte> bytes_;
  struct stat status_ {};
};

}  // namespace zccache
