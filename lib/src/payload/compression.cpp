#include "payload/compression.hpp"

#include <zccache/payload_store.hpp>

#include <charconv>
#include <cstdlib>
#include <string>

#include "base/log.hpp"

#ifdef ZCCACHE_ZSTD
#include <zstd.h>
#endif

namespace zccache {
namespace {

constexpr int kUsualLevel = 3;
// Level 3 saves another 6%, and takes nearly twice as long to store (zccache-bench payload).
constexpr Compression kUnasked{.level = 1};
constexpr int kHighestLevel = 19;  // those above need hundreds of megabytes

}  // namespace

#ifdef ZCCACHE_ZSTD

bool can_compress() noexcept { return true; }

std::optional<std::vector<std::byte>> compress(std::span<const std::byte> bytes, int level) {
  if (bytes.empty()) return std::nullopt;
  std::vector<std::byte> frame(bytes.size() - 1);
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) return std::nullopt;
  frame.resize(size);
  return frame;
}

bool decompress(std::span<const std::byte> frame, std::span<std::byte> to) {
  return ZSTD_decompress(to.data(), to.size(), frame.data(), frame.size()) == to.size();
}

#else

bool can_compress() noexcept { return false; }
std::optional<std::vector<std::byte>> compress(std::span<const std::byte> /*bytes*/, int /*level*/) { return std::nullopt; }
bool decompress(std::span<const std::byte> /*frame*/, std::span<std::byte> /*to*/) { return false; }

#endif

std::optional<Compression> parse_compression(std::string_view text) {
  if (text == "off") return Compression{};
  if (text == "zstd") return Compression{.level = kUsualLevel};
  int level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc{} || end != text.data() + text.size() || level < 1 || level > kHighestLevel) return std::nullopt;
  return Compression{.level = level};
}

Compression compression_from_environment() {
  const char* text = std::getenv("ZCCACHE_COMPRESS");
  const bool is_asked = text != nullptr && *text != '\0';
  const auto asked = is_asked ? parse_compression(text) : kUnasked;
  if (!asked) log::warning("ZCCACHE_COMPRESS='" + std::string(text) + "': not off, zstd or a level from 1 to 19; taken as if it were not set");
  if (can_compress()) return asked.value_or(kUnasked);
  if (is_asked && asked && asked->level != 0) log::warning("ZCCACHE_COMPRESS: this build has no zstd; nothing is compressed");
  return {};
}

}  // namespace zccache
