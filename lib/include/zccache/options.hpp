// How a store is opened.
#pragma once

#include <zccache/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace zccache {

/// Who writes the periodic snapshot.
enum class Flusher {
  thread,  ///< a thread of this store: for processes that live longer than a flush interval
  caller,  ///< nobody by itself: the owner asks `flush_due()` and calls `flush()`, as short-lived processes do
};

struct OpenOptions {
  /// Map everything PROT_READ, create nothing, change nothing. Where no trustworthy live index exists, the snapshot is searched in place.
  /// Such a store stays with that snapshot as long as it is open; see `ArtifactStore::open`.
  bool read_only = false;

  /// With read_only: search the snapshot even where there is a live index, and accept a directory of another owner, unless everybody may write
  /// to it. For a directory that somebody else keeps: a team's, or one that an image brings along.
  bool snapshot_only = false;

  /// Bytes of the file of a new index, of which the disk gives a fifteenth and up to 4 MiB at first. Less costs early renewals. It grows as
  /// needed in any case.
  std::size_t initial_segment_bytes = std::size_t{1} << 20;

  /// Longest wait for another process's lock before a change fails with `lock_timeout`. Lookups never wait.
  std::chrono::milliseconds lock_timeout{2000};

  Flusher flusher = Flusher::thread;
  /// When a snapshot is due. Not set: 5 s after the last one at the earliest, once at least a quarter of the index changed, and an hour after
  /// the last one at the latest; docs/limits.md has the details. Set: this long after the last one if anything changed, whatever that writes.
  /// $ZCCACHE_FLUSH_SECS
  std::optional<std::chrono::milliseconds> flush_interval;
  /// Set: also after this many changes, whatever that writes. $ZCCACHE_FLUSH_CHANGES
  std::optional<std::uint64_t> flush_changes;

  /// Handle SIGBUS. On a full disk that is how the kernel says that a store into a mapped file has no block (btrfs; xfs, if the index was
  /// copied): a change then fails with `no_space`, and a count is lost. The first store that is opened for changes with this set installs a
  /// handler, for the whole process and for good, and each thread that changes an index unblocks the signal. A SIGBUS that is not of such a
  /// store reaches the handler that was there before, or ends the process as it would have. A host that installs a handler afterwards should
  /// pass on to the one that it replaces. Without, signals and masks are left alone, and such a store ends the process.
  bool handle_sigbus = true;

  /// Accept network and unknown file systems. Locks and shared mappings are not known to work there. $ZCCACHE_ALLOW_ANY_FS=1
  bool allow_any_filesystem = false;

  /// The defaults above, changed by the environment variables named above. A value that is no number leaves the default.
  [[nodiscard]] static OpenOptions from_environment();
};

/// Whether shared mappings and locks are known to work on the file system of this path, which exists. Errors: unsupported_filesystem, io.
[[nodiscard]] result<void> check_filesystem(const std::filesystem::path& path);

/// A switch as a person writes it: 1, true, yes, on; 0, false, no, off, or nothing at all. Nothing for anything else.
[[nodiscard]] std::optional<bool> parse_switch(std::string_view text) noexcept;

/// `$ZCCACHE_DIR`, else `$XDG_CACHE_HOME/zccache-artifact`, else `$HOME/.cache/zccache-artifact`. Empty where none of the three is set.
[[nodiscard]] std::filesystem::path default_directory();

}  // namespace zccache
