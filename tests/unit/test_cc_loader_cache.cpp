// Of the loader's cache only what it says of the libraries in use counts.
#include "zccache-cc/facts/loader_cache.hpp"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace zccache::cc;

namespace {

// A cache as ldconfig writes it, with these names and paths.
std::string cache_of(const std::vector<std::pair<std::string, std::string>>& libraries) {
  std::string strings;
  std::string entries;
  const auto table_end = static_cast<std::uint32_t>(48 + 24 * libraries.size());
  for (const auto& [name, path] : libraries) {
    const std::uint32_t words[] = {0x303,
                                   table_end + static_cast<std::uint32_t>(strings.size()),
                                   table_end + static_cast<std::uint32_t>(strings.size() + name.size() + 1),
                                   0,
                                   0,
                                   0};
    entries.append(reinterpret_cast<const char*>(words), sizeof words);
    strings += name + '\0' + path + '\0';
  }
  std::string header(48, '\0');
  std::memcpy(header.data(), "glibc-ld.so.cache1.1", 20);
  const auto count = static_cast<std::uint32_t>(libraries.size());
  std::memcpy(header.data() + 20, &count, sizeof count);
  return header + entries + strings;
}

const std::vector<std::string> kUsed = {"libc.so.6", "libz.so.1"};

}  // namespace

TEST_CASE("a_library_that_nobody_uses_makes_no_difference") {
  const auto before = cache_of({{"libc.so.6", "/lib/libc.so.6"}, {"libz.so.1", "/lib/libz.so.1"}});
  const auto after = cache_of({{"liba.so.1", "/lib/liba.so.1"}, {"libc.so.6", "/lib/libc.so.6"}, {"libz.so.1", "/lib/libz.so.1"}});
  CHECK(hash_of_loader_cache(before, kUsed) == hash_of_loader_cache(after, kUsed));
}

TEST_CASE("a_library_in_use_that_is_found_elsewhere_makes_a_difference") {
  const auto before = cache_of({{"libc.so.6", "/lib/libc.so.6"}, {"libz.so.1", "/lib/libz.so.1"}});
  const auto after = cache_of({{"libc.so.6", "/lib/libc.so.6"}, {"libz.so.1", "/opt/lib/libz.so.1"}});
  const auto second = cache_of({{"libc.so.6", "/lib/libc.so.6"}, {"libz.so.1", "/opt/libz.so.1"}, {"libz.so.1", "/lib/libz.so.1"}});
  CHECK(hash_of_loader_cache(before, kUsed) != hash_of_loader_cache(after, kUsed));
  CHECK(hash_of_loader_cache(before, kUsed) != hash_of_loader_cache(second, kUsed));
}

TEST_CASE("all_of_a_cache_counts_that_is_not_understood") {
  CHECK(hash_of_loader_cache("ld.so-1.7.0 something", kUsed) != hash_of_loader_cache("ld.so-1.7.0 something else", kUsed));
}

TEST_CASE("shared_libraries_are_known_by_their_names") {
  for (const char* path : {"/lib/libc.so.6", "libz.so", "/lib64/ld-linux-x86-64.so.2"}) CHECK(is_shared_library(path));
  for (const char* path : {"/usr/bin/as", "a.source", "/x.so.d/file", "/lib/libc.a"}) CHECK_FALSE(is_shared_library(path));
}
