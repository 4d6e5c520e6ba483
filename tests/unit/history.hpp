// A cache directory with a past, for tests that damage it, and hands to damage it with.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <string>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "catch.hpp"
#include "format/hash.hpp"
#include "format/record.hpp"
#include "support.hpp"

namespace zccache::test {

using Contents = std::map<std::string, Artifact>;

/// With a small first segment: these tests read and compare whole files.
inline ArtifactStore open_at(const std::filesystem::path& dir) {
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = std::size_t{1} << 14;
  return ArtifactStore::open(dir, options).value();
}

inline Contents contents_of(const ArtifactStore& store) {
  const auto all = store.load_all();
  Contents contents(all.begin(), all.end());
  CHECK(contents.size() == all.size());
  CHECK(store.size() == all.size());
  return contents;
}
inline Contents contents_of(const std::filesystem::path& dir) { return contents_of(open_at(dir)); }

/// Two snapshots, then changes that only the live index has: an overwritten, a removed, and five new entries.
struct History {
  static constexpr std::uint64_t kOverwritten = 1;
  static constexpr std::uint64_t kRemoved = 2;
  static constexpr std::uint64_t kInBothSnapshots = 3;
  static constexpr std::uint64_t kOnlyInNewestSnapshot = 15;
  static constexpr std::uint64_t kOnlyLive = 20;

  TempDir temp;
  CacheDirectory directory{temp.cache()};
  Contents previous;  ///< of index.snap.prev
  Contents flushed;   ///< of index.snap
  Contents expected;  ///< of the live index

  History() {
    ArtifactStore store = open_at(path());
    for (std::uint64_t i = 0; i < 10; ++i) insert(store, i, i);
    REQUIRE(store.flush());
    previous = expected;
    for (std::uint64_t i = 10; i < 20; ++i) insert(store, i, i);
    REQUIRE(store.flush());
    flushed = expected;
    insert(store, kOverwritten, 1001);
    REQUIRE(store.remove(key_of(kRemoved)).value());
    expected.erase(key_of(kRemoved));
    for (std::uint64_t i = kOnlyLive; i < 25; ++i) insert(store, i, i);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory.path(); }

 private:
  void insert(ArtifactStore& store, std::uint64_t key, std::uint64_t generation) {
    expected[key_of(key)] = artifact_of(key_of(key), generation);
    REQUIRE(store.insert(key_of(key), expected[key_of(key)]));
  }
};

/// A file mapped for writing, as its attached processes have it.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path) {
    const UniqueFd fd = open_file(path, O_RDWR).value();
    size_ = static_cast<std::size_t>(status_of(fd.get(), path).value().st_size);
    address_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    REQUIRE(address_ != MAP_FAILED);
  }
  ~MappedFile() { ::munmap(address_, size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {static_cast<std::byte*>(address_), size_}; }
  [[nodiscard]] format::LiveHeader& header() const noexcept { return *static_cast<format::LiveHeader*>(address_); }

  /// Makes the checksum of a live header right again after a change of its write-once part.
  void seal() const noexcept {
    constexpr std::size_t kFrom = offsetof(format::LiveHeader, fingerprint);
    header().checksum = format::checksum64(bytes().data() + kFrom, offsetof(format::LiveHeader, checksum) - kFrom);
  }

  /// The newest whole record of a key.
  [[nodiscard]] const format::RecordHeader* record_of(std::string_view key) const noexcept {
    const format::RecordHeader* newest = nullptr;
    std::size_t offset = sizeof(format::SnapshotHeader);
    while (const format::RecordHeader* record = format::next_record(bytes(), &offset)) {
      if (format::key_of(*record) == key && (newest == nullptr || record->sequence >= newest->sequence)) newest = record;
    }
    return newest;
  }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

/// Damages the newest record of `key` in a live index or snapshot.
inline void damage_record(const std::filesystem::path& path, std::string_view key) {
  const MappedFile file(path);
  const format::RecordHeader* record = file.record_of(key);
  REQUIRE(record != nullptr);
  const_cast<format::RecordHeader*>(record)->total_size ^= 1;
}

/// Replaces the file by a copy of itself.
inline void copy_over_itself(const std::filesystem::path& path) {
  const std::filesystem::path copy = path.string() + ".copy";
  std::filesystem::copy_file(path, copy);
  std::filesystem::rename(copy, path);
}

/// As if the disk had given blocks for what is used and `more` bytes: the next change that takes more than that asks for some.
inline void use_up_blocks(const std::filesystem::path& dir, std::size_t more = 0) {
  const MappedFile file(dir / "index.live");
  auto& extent = *reinterpret_cast<format::ExtentHeader*>(file.bytes().data() + file.header().extent_offset);
  extent.allocated = extent.used + more;
}

}  // namespace zccache::test
