// What the tests share: a directory of their own, keys, and values that check themselves.
#pragma once

#include <zccache/artifact_store.hpp>

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace zccache::test {

/// A fresh directory, removed with everything in it at the end.
class TempDir {
 public:
  explicit TempDir(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string pattern = (parent / "zccache-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Not created.
  [[nodiscard]] std::filesystem::path cache() const { return path_ / "cache"; }

 private:
  std::filesystem::path path_;
};

/// The same in memory, where the machine has such a place: for tests that are not about the disk and would wait for it thousands of times.
class MemoryDir : public TempDir {
 public:
  MemoryDir() : TempDir(std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) {}
};

/// Stores of tests flush when the test says so.
inline OpenOptions manual_flush() {
  OpenOptions options;
  options.flusher = Flusher::caller;
  return options;
}

/// With a segment as small as it can be: it is soon renewed, and quick to compare as a whole.
inline OpenOptions small_index() {
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = 1;
  return options;
}
inline ArtifactStore open_small(const std::filesystem::path& dir) { return ArtifactStore::open(dir, small_index()).value(); }

inline OpenOptions read_only() {
  OpenOptions options;
  options.read_only = true;
  return options;
}

/// 64 hex digits, as a launcher makes them.
[[nodiscard]] std::string key_of(std::uint64_t number);

/// An artifact that says which key and generation it is of, in parts that a torn or mixed record could not make agree.
[[nodiscard]] Artifact artifact_of(std::string_view key, std::uint64_t generation);

/// Whether an artifact is exactly the one that artifact_of() makes for `key` and the generation it claims.
[[nodiscard]] bool is_whole(std::string_view key, const Artifact& artifact);

/// As the makers of index.live and index.snap name their temporary files.
inline constexpr const char* kLiveTemporary = ".index.live.0123456789abcdef.tmp";
inline constexpr const char* kSnapshotTemporary = ".index.snap.0123456789abcdef.tmp";
/// Whether it is a name of theirs.
[[nodiscard]] bool is_index_temporary(std::string_view name);

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace zccache::test
