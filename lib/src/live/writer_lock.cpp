#include "live/writer_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

namespace zccache {
namespace {

using std::chrono::nanoseconds;
using Clock = Patience::Clock;

/// How long somebody waits who comes when the lock has been waited for in vain for longer than he would.
constexpr std::chrono::milliseconds kLastTry{1};

/// When to give up. Its holder may be stopped for hours: the first to wait loses his whole patience, and whoever comes after him what is left
/// of it, so that together they lose it once. As soon as anybody gets the lock, it starts again.
Clock::time_point end_of_patience(const Patience& patience, const LiveIndex& live) {
  if (patience.timeout() == Clock::duration::zero()) return patience.begin();  // does not wait at all
  const std::uint64_t now = static_cast<std::uint64_t>(duration_cast<nanoseconds>(Clock::now().time_since_epoch()).count());
  // Relaxed, as everywhere with this word: it publishes nothing, and a stale or damaged one costs a wait that is too long or too short.
  format::Word& word = live.header().awaited_since;
  std::uint64_t since = word.load(std::memory_order_relaxed);
  // Where the disk has no room for the note, each waits for himself.
  if (since == 0 || since > now) {
    [[maybe_unused]] const bool noted = live.segment().store([&] { word.compare_exchange_strong(since, now, std::memory_order_relaxed); });
    since = now;
  }
  const Clock::time_point theirs{Clock::duration(static_cast<Clock::rep>(since))};
  return std::min(patience.end(), std::max(theirs + patience.timeout(), patience.begin() + kLastTry));
}

void nobody_waits(const LiveIndex& live) {
  format::Word& word = live.header().awaited_since;
  if (word.load(std::memory_order_relaxed) == 0) return;
  [[maybe_unused]] const bool noted = live.segment().store([&] { word.store(0, std::memory_order_relaxed); });
}

}  // namespace

result<std::optional<WriterLock>> WriterLock::acquire(LiveIndex& live, const std::filesystem::path& path, Patience& patience) {
  LockableFile& file = *live.segment().file();
  for (;;) {
    auto open = live.segment().reopen_if_needed(path);
    if (!open) return open.error();
    if (!*open) return std::optional<WriterLock>();
    auto locked = file.try_lock(LockByte::writer, path);
    if (!locked) return locked.error();
    if (*locked) {
      nobody_waits(live);
      return std::optional(WriterLock(live));
    }
    if (!patience.pause_before(end_of_patience(patience, live))) return Failure{Error::lock_timeout, path.string()};
  }
}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  if (this != &other) {
    release();
    live_ = std::exchange(other.live_, nullptr);
    forks_ = other.forks_;
  }
  return *this;
}

void WriterLock::release() noexcept {
  // A lock that a fork copied into the child is the parent's.
  if (live_ == nullptr || live_->segment().file()->forks() != forks_) return;
  nobody_waits(*live_);
  live_->segment().file()->unlock(LockByte::writer);
  live_ = nullptr;
}

result<std::optional<ForeignWriterLock>> ForeignWriterLock::acquire(const std::filesystem::path& path, Patience& patience) {
  for (;;) {
    auto fd = open_file(path, O_RDWR);
    if (!fd) return is_about_the_file(fd.error()) ? result<std::optional<ForeignWriterLock>>(std::nullopt) : fd.error();
    auto status = status_of(fd->get(), path);
    if (!status) return status.error();
    if (!S_ISREG(status->st_mode)) return std::optional<ForeignWriterLock>();
    auto file = std::make_unique<LockableFile>(std::move(*fd), *status);
    auto locked = file->try_lock(LockByte::writer, path);
    if (!locked) return locked.error();
    struct stat now {};
    // Waited for, it may have been replaced, and what is there now is somebody else's to lock.
    const bool is_there = ::lstat(path.c_str(), &now) == 0 && FileIdentity::of(now) == file->identity();
    if (*locked && is_there) return std::optional(ForeignWriterLock(std::move(file)));
    if (!patience.pause()) return Failure{Error::lock_timeout, path.string()};
  }
}

}  // namespace zccache
