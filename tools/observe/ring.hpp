// The memory that the preloaded library shares with the observer: a log that only grows.
//
// Written by every process of the observed command, by any number of threads at once; read by the observer when all has ended (and its
// `used` at any time). A writer reserves room by one addition and then owns it; nobody waits for anybody. When the log is full the
// library stops using the gate, and the kernel reports the rest.
//
// What a kill leaves behind: `started` counts questions before they are asked, `finished` after they are noted. Where the two differ
// at the end a process was stopped in between, and the log may lack a question: nothing of such a run is kept.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "observe/question.hpp"

namespace zccache::observe {

inline constexpr std::size_t kLogLength = 8 << 20;  // about 40,000 questions; memory is used as far as it is written

/// The library does not begin a question with less room than this. Threads that all pass the check at once may still meet the end: `lost`.
inline constexpr std::size_t kRoomForQuestions = 1 << 16;

/// Where the library finds it: "/proc/PID/fd/N DEVICE INODE".
inline constexpr const char* kRingVariable = "ZCCACHE_OBSERVE_RING";

struct LogHeader {
  static constexpr std::uint64_t kMagic = 0x31676f6c6578637a;  // raised with every change of what follows
  std::uint64_t magic;
  std::atomic<std::uint64_t> used;      ///< bytes of `records` that are reserved; may pass the end
  std::atomic<std::uint64_t> started;   ///< questions
  std::atomic<std::uint64_t> finished;  ///< questions
  std::atomic<std::uint64_t> images;    ///< programs that began with the library in them
  std::atomic<std::uint32_t> lost;      ///< not 0: something could not be noted
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline constexpr std::size_t kRecordsOffset = 128;  // in the log; the header has its cache lines for itself
inline constexpr std::size_t kRecordsLength = kLogLength - kRecordsOffset;
inline constexpr std::size_t kRecordAlignment = 8;

enum class RecordKind : std::uint8_t { question = 1, variable, moment };

/// One note, followed by its texts without ends: base, spelled, target. The length is stored last and with release: a reader that finds
/// it (acquire) finds the rest.
struct Record {
  std::atomic<std::uint32_t> length;  ///< with texts and padding; 0 as long as it is being written
  RecordKind kind;
  Call call;
  std::uint16_t base_length;     ///< the directory that a relative path is joined to
  std::uint16_t spelled_length;  ///< the path; the name of a variable
  std::uint16_t target_length;
  std::int32_t process;
  std::int32_t error;
  std::int32_t flags;
  std::uint32_t mode;
  std::int64_t moment;
  FileStatus status;
};
static_assert(sizeof(Record) % kRecordAlignment == 0);

}  // namespace zccache::observe
