#include "zccache-cc/facts/loader_cache.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "zccache-cc/facts/digest.hpp"

namespace zccache::cc {
namespace {

// As in sysdeps/generic/dl-cache.h of glibc: the format of all that has been written since 2.32, and of the second part of older files.
constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
struct CacheHeader {
  char magic[20];
  std::uint32_t entries;
  std::uint32_t string_bytes;
  std::uint8_t flags;
  std::uint8_t padding[3];
  std::uint32_t extension_offset;
  std::uint32_t unused[3];
};
static_assert(sizeof(CacheHeader) == 48);
struct CacheEntry {
  std::int32_t flags;
  std::uint32_t key;  // strings, from the start of the header
  std::uint32_t value;
  std::uint32_t os_version;
  std::uint64_t capabilities;
};
static_assert(sizeof(CacheEntry) == 24);

std::string_view string_at(std::string_view cache, std::uint32_t offset) {
  if (offset >= cache.size()) return {};
  return cache.substr(offset, cache.find('\0', offset) - offset);
}

}  // namespace

bool is_shared_library(std::string_view path) noexcept {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

std::uint64_t hash_of_loader_cache(std::string_view cache, std::vector<std::string> libraries) {
  std::ranges::sort(libraries);
  libraries.erase(std::unique(libraries.begin(), libraries.end()), libraries.end());  // clang 14 cannot compile std::ranges::unique
  CacheHeader header{};
  if (cache.size() < sizeof header || !cache.starts_with(kMagic)) return short_hash(cache);
  std::memcpy(&header, cache.data(), sizeof header);
  if (header.entries > (cache.size() - sizeof header) / sizeof(CacheEntry)) return short_hash(cache);
  Hasher hasher;
  for (std::uint32_t i = 0; i < header.entries; ++i) {
    CacheEntry entry{};
    std::memcpy(&entry, cache.data() + sizeof header + i * sizeof entry, sizeof entry);
    const std::string_view name = string_at(cache, entry.key);
    if (!std::ranges::binary_search(libraries, name, {}, [](const auto& text) { return std::string_view(text); })) continue;
    hasher.add(name).add(string_at(cache, entry.value)).add(static_cast<std::uint64_t>(entry.flags)).add(entry.capabilities);
  }
  return hasher.digest().prefix();
}

std::uint64_t hash_of_loader_cache(std::vector<std::string> libraries) {
  std::ifstream file{std::string(kLoaderCache), std::ios::binary};
  const std::string cache{std::istreambuf_iterator<char>(file), {}};
  return cache.empty() ? 0 : hash_of_loader_cache(cache, std::move(libraries));
}

}  // namespace zccache::cc
