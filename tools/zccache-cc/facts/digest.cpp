#include "zccache-cc/facts/digest.hpp"

#include <sodium/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace zccache::cc {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

/// From so many bytes on, in one file or several, it pays to ask the processor for its vector instructions: they make BLAKE2b twice as fast.
constexpr off_t kManyBytes = off_t{256} << 10;

int value_of(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::string hex_of(const ContentDigest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.bytes.size());
  for (const unsigned char byte : digest.bytes) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::optional<ContentDigest> digest_of_hex(std::string_view hex) noexcept {
  ContentDigest digest;
  if (hex.size() != 2 * digest.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = value_of(hex[2 * i]);
    const int low = value_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

std::optional<ContentDigest> digest_of_file(int fd, const VisitPiece& visit) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  static thread_local off_t bytes = 0;
  bytes += status.st_size;
  if (bytes >= kManyBytes && ::sodium_init() < 0) return std::nullopt;
  const auto chunk = std::make_unique_for_overwrite<char[]>(kChunkBytes);
  Hasher hasher;
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(fd, chunk.get(), kChunkBytes, at);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) return hasher.digest();
    const std::string_view piece(chunk.get(), static_cast<std::size_t>(size));
    hasher.add_bytes(piece);
    if (visit) visit(piece);
    at += size;
  }
}

}  // namespace zccache::cc
