// A cache directory: the names of its files, and whether it may be used.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <zccache/options.hpp>
#include <zccache/result.hpp>

namespace zccache {

/// Makes every file name of a cache directory; nothing else does.
class CacheDirectory {
 public:
  explicit CacheDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  static constexpr const char* kLive = "index.live";
  static constexpr const char* kSnapshot = "index.snap";
  static constexpr const char* kSnapshotPlaces = "index.snap.places";  ///< without a name but for a moment: where a flush sorts
  static constexpr const char* kPreviousSnapshot = "index.snap.prev";
  static constexpr const char* kPreviousSnapshotTemporary = ".index.snap.prev.tmp";

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path live() const { return path_ / kLive; }
  [[nodiscard]] std::string lock() const { return path_.native() + "/index.lock"; }
  [[nodiscard]] std::filesystem::path snapshot() const { return path_ / kSnapshot; }
  [[nodiscard]] std::filesystem::path previous_snapshot() const { return path_ / kPreviousSnapshot; }
  [[nodiscard]] std::filesystem::path collector_state() const { return path_ / "gc.state"; }
  [[nodiscard]] std::filesystem::path collector_state_temporary() const { return path_ / ".gc.state.tmp"; }
  [[nodiscard]] std::filesystem::path history() const { return path_ / "index.history"; }
  [[nodiscard]] std::filesystem::path quarantine() const { return path_ / "quarantine"; }
  [[nodiscard]] std::filesystem::path objects() const { return path_ / "objects"; }

 private:
  std::filesystem::path path_;
};

/// Whether the directory exists, is no symlink, is ours, and cannot be written by others. One system call.
/// Errors: not_found, directory_unusable, directory_untrusted.
[[nodiscard]] result<void> check_directory(const std::filesystem::path& path);

/// The same, and files can be made in it, by its mode. A read-only mount says so at the first file. Errors: also directory_unusable (EACCES).
[[nodiscard]] result<void> check_writable_directory(const std::filesystem::path& path);

/// Whether it is a directory that not everybody can write to, whoever owns it: to be read, because the user named it.
/// Errors: not_found, directory_unusable, directory_untrusted.
[[nodiscard]] result<void> check_foreign_directory(const std::filesystem::path& path);

/// Makes the directory (0700) and its parents where they are missing. Errors: directory_unusable, no_space.
[[nodiscard]] result<void> make_directory(const std::filesystem::path& path);

/// The same, and what had to be made is there after a power loss as well, as far as the folder that it is in can be synced.
[[nodiscard]] result<void> make_durable_directory(const std::filesystem::path& path);

/// Calls `use` with each std::filesystem::directory_entry of a folder, as far as it can be read. The loop of a range would throw where the next
/// name cannot be read, as when the folder of a process goes with it.
template <class Use>
void for_each_entry(const std::filesystem::path& folder, Use use) {
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed); !failed && entry != std::filesystem::directory_iterator();
       entry.increment(failed)) {
    use(*entry);
  }
}

/// Makes a folder inside a cache directory where it is missing. A symlink in its place is refused: behind it lies what is not the cache's.
/// Errors: directory_unusable, directory_untrusted, no_space.
[[nodiscard]] result<void> make_folder(const std::filesystem::path& path);

/// Whether there is a folder, and not a symlink to one. One system call.
[[nodiscard]] bool is_folder(const std::filesystem::path& path) noexcept;

}  // namespace zccache
