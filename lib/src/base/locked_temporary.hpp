// Files that are made aside and get their name when they are whole.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <zccache/result.hpp>

#include "base/held_directory.hpp"

namespace zccache {

/// A new file under a hidden name of its own, with its writer byte locked from birth: whoever can lock one knows that its maker is dead, and
/// removes it. What is not placed is discarded by the destructor.
class LockedTemporary {
 public:
  /// For what is to become `target`, a name in `directory`. Errors: no_space, not_found (the directory is gone), io.
  [[nodiscard]] static result<LockedTemporary> create(const HeldDirectory& directory, const char* target);
  LockedTemporary(LockedTemporary&& other) noexcept;
  LockedTemporary& operator=(LockedTemporary&&) = delete;
  ~LockedTemporary();

  [[nodiscard]] int fd() const noexcept { return file_->fd(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }  ///< for messages
  [[nodiscard]] const HeldDirectory& directory() const noexcept { return directory_; }

  /// Gives it the name `target`, whatever has that.
  [[nodiscard]] result<void> replace(const char* target);

  /// Gives it the name `target`, which the file `before` has, or none. False, and all is as it was, if that is not so. Requires the directory's
  /// lock, so that only a person or a program that is not ours can have changed it. Where such a one does so between the caller's last look and
  /// the exchange, what he put there is exchanged out and in again; before the latter `withdraw` is called.
  [[nodiscard]] result<bool> put_in_place_of(const std::optional<FileIdentity>& before, const char* target,
                                             const std::function<void()>& withdraw);

  /// The open file with its lock, to go on with under its new name.
  [[nodiscard]] std::unique_ptr<LockableFile> release() noexcept { return std::move(file_); }

 private:
  LockedTemporary(HeldDirectory directory, std::string name, std::unique_ptr<LockableFile> file);

  [[nodiscard]] result<bool> place_new(const char* target);
  [[nodiscard]] result<bool> exchange(const FileIdentity& before, const char* target, const std::function<void()>& withdraw);

  HeldDirectory directory_;
  std::string name_;  // empty once placed
  std::filesystem::path path_;
  std::unique_ptr<LockableFile> file_;
};

/// Removes what makers of `target` who were killed have left. Returns how many there were.
std::size_t remove_stale_temporaries(const HeldDirectory& directory, const char* target);

}  // namespace zccache
