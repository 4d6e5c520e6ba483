// A cache directory held open: what is done through it happens in that very directory, wherever its path leads meanwhile.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <zccache/result.hpp>

#include "base/byte_lock.hpp"

namespace zccache {

/// A handle: copies lead to the same open directory. Removed and made anew, moved away or replaced, the directory is not confused with the one
/// that is then at its path: names are looked up in the directory itself, and in a removed one none can be made.
///
/// Its lock (flock(2) of the directory, so that nobody can remove the one without the other) says who may decide what index.live and index.snap
/// are. It is held while an index is made where there was none to lock, and for the moment in which a new generation or snapshot gets its name.
/// Lock order: collector, flusher, writer, directory.
class HeldDirectory {
 public:
  /// Errors: not_found, directory_unusable, directory_untrusted.
  [[nodiscard]] static result<HeldDirectory> open(const std::filesystem::path& path, std::chrono::milliseconds lock_timeout);

  /// Released by its destructor.
  class Lock {
   public:
    Lock(Lock&& other) noexcept = default;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    friend class HeldDirectory;
    struct Held;
    explicit Lock(std::shared_ptr<Held> held) noexcept;
    std::shared_ptr<Held> held_;  // null where it was held before
    unsigned forks_ = 0;
  };
  /// Whoever has it may ask again: the lock then ends with the first one. Errors: lock_timeout, io.
  [[nodiscard]] result<Lock> lock() const;

  [[nodiscard]] int fd() const noexcept;
  [[nodiscard]] const std::filesystem::path& path() const noexcept;

  /// Which file has this name in it; none for a name that is not there.
  [[nodiscard]] std::optional<FileIdentity> find(const char* name) const noexcept;

  /// Makes renames and unlinks in it durable.
  [[nodiscard]] result<void> sync() const;

 private:
  explicit HeldDirectory(std::shared_ptr<Lock::Held> held) noexcept : held_(std::move(held)) {}

  std::shared_ptr<Lock::Held> held_;
};

}  // namespace zccache
