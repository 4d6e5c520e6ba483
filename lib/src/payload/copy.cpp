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

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

// Up to here it takes longer to ask the kernel for a copy than to make it.
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

/// Whether all of it was copied; false where the file system or kernel cannot.
bool copy_in_kernel(int from, int to, std::uint64_t size) noexcept {
  loff_t from_offset = 0;
  loff_t to_offset = 0;
  while (static_cast<std::uint64_t>(from_offset) < size) {
    const ssize_t copied = ::copy_file_range(from, &from_offset, to, &to_offset, size - static_cast<std::uint64_t>(from_offset), 0);
    if (copied <= 0 && !(copied < 0 && errno == EINTR)) return false;
  }
  return true;
}

}  // namespace

result<Digest> digest_of(int fd, const std::filesystem::path& path) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  auto read = read_chunks(fd, path, [&](std::span<const std::byte> bytes) -> result<void> {
    XXH3_128bits_update(&state, bytes.data(), bytes.size());
    return {};
  });
  if (!read) return read.error();
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return Digest{.low = hash.low64, .high = hash.high64};
}

Digest digest_of(std::span<const std::byte> bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.low = hash.low64, .high = hash.high64};
}

result<void> copy_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& path) {
  if (size == 0) return {};
  if (size > kSmallBytes && (::ioctl(to, FICLONE, from) == 0 || copy_in_kernel(from, to, size))) return {};
  if (::lseek(to, 0, SEEK_SET) != 0 || ::ftruncate(to, 0) != 0) return system_failure(path.string());
  return read_chunks(from, path, [&](std::span<const std::byte> bytes) { return write_all(to, bytes, path); });
}

}  // namespace zccache
