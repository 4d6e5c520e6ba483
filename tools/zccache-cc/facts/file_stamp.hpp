// By what a file is known to be the same without reading it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <ctime>

namespace zccache::cc {

struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  ///< of content, name or status: nobody can set this one back
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  bool operator==(const FileStamp&) const = default;
};

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

[[nodiscard]] inline std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

[[nodiscard]] inline FileStamp stamp_of(const struct stat& status) noexcept {
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim),
          .inode = status.st_ino,
          .device = status.st_dev};
}

/// The time of the clock that files are stamped with: it moves in ticks of some milliseconds.
[[nodiscard]] inline std::int64_t file_clock_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

/// Whether a file with this time was certainly last touched before `moment`. A stamp of the very tick proves nothing, since the next change may
/// get it as well; nor does one without a fraction in that second, since a file system may keep whole seconds only.
[[nodiscard]] constexpr bool is_before(std::int64_t stamp, std::int64_t moment) noexcept {
  const std::int64_t second = stamp / kNanosecondsPerSecond;
  const std::int64_t limit = moment / kNanosecondsPerSecond;
  if (second != limit) return second < limit;
  return stamp % kNanosecondsPerSecond != 0 && stamp < moment;
}

[[nodiscard]] constexpr bool is_settled(const FileStamp& stamp, std::int64_t moment) noexcept {
  return is_before(stamp.modified_ns, moment) && is_before(stamp.changed_ns, moment);
}

}  // namespace zccache::cc
