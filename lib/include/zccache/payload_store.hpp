// The payload bytes beside the index: `objects/ab/<key>_<i>`, one file for each output, or `objects/ab/<key>.pack`, one for all.
#pragma once

#include <zccache/artifact_store.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zccache {

class StagedPayload;

/// An output by the name it has in the entry, and the file it comes from or goes to.
struct OutputFile {
  std::string name;
  std::filesystem::path path;
  /// Written into whatever file is there, whose mode it then has. Restored, it keeps that mode; stored, it has none of its own to be recorded.
  bool keeps_mode = false;
};

/// How a payload reaches its destination. Each falls back to the next where the file system cannot.
enum class Materialize {
  hard_link,  ///< shares the bytes: who changes the output in place damages the cache's copy, which the digest then turns into a miss
  copy,       ///< reflink where it is large and the file system can, else read and write
};

/// How payloads lie on disk. A directory may hold any mixture; each is found whatever the layout of who looks.
enum class PayloadLayout {
  flat,       ///< a file for each output: can be linked instead of copied
  pack,       ///< one file for all outputs of an entry, up to 64 MiB together: fewer files, and one to open
  automatic,  ///< a pack for several outputs that are small together, else flat
};
/// "flat", "pack", "auto". Nothing for anything else.
[[nodiscard]] std::optional<PayloadLayout> parse_payload_layout(std::string_view text);
/// $ZCCACHE_LAYOUT; `automatic` where it is not set or not understood.
[[nodiscard]] PayloadLayout payload_layout_from_environment();

/// How hard packs are compressed. A compressed pack is a miss for a build without zstd; sizes and digests are those of the outputs.
struct Compression {
  int level = 0;  ///< of zstd, 1 to 19; 0: not at all
};
/// Whether this build has zstd.
[[nodiscard]] bool can_compress() noexcept;
/// "off", "zstd" (level 3), "1" to "19". Nothing for anything else.
[[nodiscard]] std::optional<Compression> parse_compression(std::string_view text);
/// $ZCCACHE_COMPRESS; level 1 where it is not set or not understood, off where this build cannot, which is logged.
[[nodiscard]] Compression compression_from_environment();

/// What `restore` found.
enum class Restored {
  hit,     ///< every destination is complete
  miss,    ///< no entry, or one without all of the wanted outputs, or one that was evicted or replaced meanwhile, or one that cannot be read
           ///< here and now: a pack of another build, no descriptor left; nothing was touched
  damaged  ///< a payload was missing or not what was stored: the entry was removed (not by a read-only store), no destination was changed
};

/// Stores and serves whole entries: payload files first, then the index entry, so that an entry never points to what is not there yet.
///
/// Thread-safe as far as the store is. Holds no descriptors between calls. Keys are hex digits here, because they become file names.
/// Requires a store that outlives it.
class PayloadStore {
 public:
  /// `layout` and `compression`: of what this object stores. Where something is to be compressed, `automatic` packs whatever a pack can hold.
  explicit PayloadStore(ArtifactStore& store, PayloadLayout layout = PayloadLayout::flat, Compression compression = {}) noexcept
      : store_(&store), layout_(layout), compression_(compression) {}
  /// As $ZCCACHE_LAYOUT and $ZCCACHE_COMPRESS say.
  [[nodiscard]] static PayloadStore from_environment(ArtifactStore& store);

  /// Copies each output aside, renames it to its place, and inserts the entry. Size, mode and digest of each output stand in the record. Where
  /// it fails, whatever the reason, an entry that was there is served as before. Errors: those of `insert`; invalid_key for a key that is not
  /// hex; invalid_artifact for a name that is empty, absolute or has a ".." part or a NUL, or for an output that is not a regular file;
  /// not_found for an output that does not exist.
  result<void> put(std::string_view key, std::span<const OutputFile> outputs, std::string_view stdout_bytes, std::string_view stderr_bytes,
                   std::int32_t exit_code = 0);

  /// Copies the entry of `key` and its payload from another cache directory, which is only read and may be another user's. Every payload is
  /// checked. False if it is not there, or not whole. Errors: as put.
  result<bool> copy_up(const ArtifactStore& upstream, std::string_view key);

  /// Moves every entry of another cache directory on the same file system in here, with its payload: all of them or, where it fails, none, and
  /// what was here is served as before. Entries that are as new stay. What is left in `staged` is of no use. A kill in the middle makes misses
  /// of entries that were being replaced. Errors: as ArtifactStore::merge; directory_unusable, directory_untrusted.
  result<Merged> move_in(const ArtifactStore& staged);

  /// Serves the outputs named in `wanted` to their paths. Every payload is checked (size and digest) and written aside before the first
  /// destination is replaced by rename. Destinations are made as a compiler makes them: 0666, or 0777 for an output that was executable, less
  /// the umask, where OutputFile::keeps_mode says nothing else; hard links have the mode of the cache's own file. Counts nothing. Errors:
  /// not_found, no_space, io of a destination; a device, FIFO, symlink or folder in its place is one (EEXIST), and stays.
  result<Restored> restore(const ArtifactView& entry, std::span<const OutputFile> wanted, Materialize how = Materialize::copy);

  /// Whether the files are there in which the payload of `entry` lies, or would lie. Looks at none of their bytes.
  [[nodiscard]] bool has_files(const ArtifactView& entry) const;

  /// Checks size and digest of every payload of `entry`. Changes nothing. Errors: version_mismatch, for a pack that this build cannot read; io.
  [[nodiscard]] result<bool> verify(const ArtifactView& entry) const;

  /// The bytes of output `i` of `entry`, checked; nothing where they are missing or not what was stored. i < output_count(). Errors: as verify.
  [[nodiscard]] result<std::optional<std::string>> read(const ArtifactView& entry, std::size_t i) const;

  /// Removes the entry, then its payload files. Whether there was an entry.
  result<bool> remove(std::string_view key);

  /// Where output `i` of `key` lies, if it has a file of its own. The key must be hex.
  [[nodiscard]] std::filesystem::path path_of(std::string_view key, std::size_t i) const;

 private:
  result<void> publish(std::string_view key, const Artifact& artifact, StagedPayload staged);
  [[nodiscard]] bool is_damaged(const ArtifactView& entry) const;
  [[nodiscard]] Restored look_again(std::string_view key);

  ArtifactStore* store_;
  PayloadLayout layout_;
  Compression compression_;
};

}  // namespace zccache
