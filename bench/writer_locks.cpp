#include "writer_locks.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "common/descriptor.hpp"
#include "measure.hpp"
#include "subject.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kChanges = 10'000;
constexpr std::size_t kPageBytes = 4096;
constexpr off_t kByteOfWriters = 0;
constexpr off_t kByteOfThisProcess = 12345;

tools::Descriptor open_lock_file(const std::filesystem::path& path) {
  tools::Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) throw std::system_error(errno, std::generic_category(), path.string());
  return file;
}

bool set_lock(int fd, off_t byte, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

bool look(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0;
}

/// Microseconds of `change`, which returns whether all went well.
template <class Change>
double microseconds_each(const Change& change) {
  std::size_t right = 0;
  const double nanoseconds = timed([&] {
    for (std::size_t i = 0; i < kChanges; ++i) right += change() ? 1 : 0;
  });
  require_right(right, kChanges);
  return nanoseconds / kNanosecondsPerMicrosecond / kChanges;
}

}  // namespace

double change_under_byte_lock(const std::filesystem::path& path) {
  const tools::Descriptor file = open_lock_file(path);
  return microseconds_each([&] {
    struct stat status {};
    return set_lock(file.get(), kByteOfWriters, F_WRLCK) && look(file.get()) && lstat(path.c_str(), &status) == 0 &&
           set_lock(file.get(), kByteOfWriters, F_UNLCK);
  });
}

double only_change_under_byte_lock(const std::filesystem::path& path) {
  return microseconds_each([&] {
    const tools::Descriptor file = open_lock_file(path);
    return look(file.get()) && set_lock(file.get(), kByteOfWriters, F_WRLCK) && set_lock(file.get(), kByteOfWriters, F_UNLCK);
  });
}

double only_change_under_word(const std::filesystem::path& path) {
  if (truncate(path.c_str(), kPageBytes) != 0) throw std::system_error(errno, std::generic_category(), path.string());
  return microseconds_each([&] {
    tools::Descriptor file = open_lock_file(path);
    if (!look(file.get()) || !set_lock(file.get(), kByteOfThisProcess, F_WRLCK)) return false;
    // The kernel counts the mapping as a user of the open file: the lock outlives the descriptor.
    void* const page = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (page == MAP_FAILED || madvise(page, kPageBytes, MADV_DONTFORK) != 0) return false;
    file.reset();
    auto& word = *static_cast<std::atomic<std::uint64_t>*>(page);
    std::uint64_t free = 0;
    const bool held = word.compare_exchange_strong(free, kByteOfThisProcess);
    word.store(0);
    return munmap(page, kPageBytes) == 0 && held;
  });
}

}  // namespace zccache::bench
