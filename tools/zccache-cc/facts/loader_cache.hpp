// What the loader of programs was told by /etc/ld.so.cache.
//
// Every program reads the cache, and every package that is installed changes it. A compile depends on what it says of the libraries that were
// loaded, and on nothing else in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

inline constexpr std::string_view kLoaderCache = "/etc/ld.so.cache";

/// Over all that the cache says of these libraries, named as "libc.so.6". Of a cache in a format that is not glibc's: over all of it.
[[nodiscard]] std::uint64_t hash_of_loader_cache(std::string_view cache, std::vector<std::string> libraries);
/// The same of the file; 0 where there is none.
[[nodiscard]] std::uint64_t hash_of_loader_cache(std::vector<std::string> libraries);

/// Whether a path is that of a shared library: "/lib/libc.so.6".
[[nodiscard]] bool is_shared_library(std::string_view path) noexcept;

}  // namespace zccache::cc
