#include "payload/copy.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/file.hpp"
#include "format/hash.hpp"

namespace zccache {
namespace {

// A page that is used for the first time costs a microsecond, and a compile copies an object or two: a larger chunk takes longer than more
// calls.
constexpr std::size_t kChunkBytes = std::size_t{1} << 14;

// Up to here it takes longer to ask for shared blocks than to make a copy.
constexpr std::uint64_t kSmallBytes = std::uint64_t{1} << 18;

using Chunk = std::array<std::byte, kChunkBytes>;

/// Calls `use(span)` for the file's bytes from the start, chunk by chunk.
template <class Use>
result<void> read_chunks(int fd, const std::filesystem::path& path, Use use) {
  const auto chunk = std::make_unique_for_overwrite<Chunk>();
  for (off_t offset = 0;;) {
    const ssize_t size = ::pread(fd, chunk->data(), chunk->size(), offset);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure(path.string());
    if (size == 0) return {};
    if (result<void> used = use(std::span<const std::byte>(chunk->data(), static_cast<std::size_t>(size))); !used) return used;
    if (static_cast<std::size_t>(size) < chunk->size()) return {};  // only the end of a regular file comes early
    offset += size;
  }
}

class DigestBuilder {
 public:
  DigestBuilder() noexcept { XXH3_128bits_reset(&state_); }
  void add(std::span<const std::byte> bytes) noexcept { XXH3_128bits_update(&state_, bytes.data(), bytes.size()); }
  [[nodiscard]] Digest digest() const noexcept {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_);
    return {.low = hash.low64, .high = hash.high64};
  }

 private:
  XXH3_state_t state_;
};

}  // namespace

result<Digest> digest_of(int fd, const std::filesystem::path& path) {
  DigestBuilder digest;
  auto read = read_chunks(fd, path, [&](std::span<const std::byte> bytes) -> result<void> {
    digest.add(bytes);
    return {};
  });
  if (!read) return read.error();
  return digest.digest();
}

Digest digest_of(std::span<const std::byte> bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.low = hash.low64, .high = hash.high64};
}

result<Digest> copy_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& path) {
  if (size > kSmallBytes && ::ioctl(to, FICLONE, from) == 0) return digest_of(to, path);
  // Not copy_file_range: it takes as long as reading and writing, and then the digest has to read all of it once more.
  DigestBuilder digest;
  auto copied = read_chunks(from, path, [&](std::span<const std::byte> bytes) {
    digest.add(bytes);
    return write_all(to, bytes, path);
  });
  if (!copied) return copied.error();
  return digest.digest();
}

}  // namespace zccache
