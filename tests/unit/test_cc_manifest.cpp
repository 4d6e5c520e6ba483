// Manifests come back as they were written, and damaged ones are none.
#include "zccache-cc/facts/manifest.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace zccache::cc;

namespace {

ManifestEntry example() {
  ManifestEntry entry;
  entry.result = digest_of("result");
  entry.compile_millis = 1700;
  entry.images = 11;
  entry.variables = digest_of("variables");
  entry.directory_counts = true;
  entry.place = digest_of("place");
  entry.contents = digest_of("contents");
  entry.identities = 12;
  entry.plain_files = {{.path = 1, .hint = 2}};
  entry.files = {{.path = 3, .hint = 4}, {.path = 5, .hint = 6}};
  entry.facts = {{.kind = FactKind::link, .argument = 7, .path = 8, .value = 9}};
  entry.absent = {{.directory = 10, .stamp = 13, .names = {14, 15, 16}}};
  return entry;
}

}  // namespace

TEST_CASE("a_manifest_is_read_as_it_was_written") {
  ManifestEntry other = example();
  other.result = digest_of("other");
  other.directory_counts = false;
  other.object_name_counts = true;
  other.terminal_counts = true;
  const std::string bytes = encode_manifest({example(), other});
  const auto read = decode_manifest(bytes);
  REQUIRE(read.has_value());
  REQUIRE(read->size() == 2);
  const ManifestEntry& first = read->front();
  CHECK(first.result == example().result);
  CHECK(first.compile_millis == 1700);
  CHECK(first.images == 11);
  CHECK(first.variables == example().variables);
  CHECK(first.directory_counts);
  CHECK_FALSE(first.object_name_counts);
  CHECK_FALSE(first.terminal_counts);
  CHECK(first.place == example().place);
  CHECK(first.contents == example().contents);
  CHECK(first.identities == 12);
  CHECK(first.plain_files.front().hint == 2);
  CHECK(first.files.size() == 2);
  CHECK(first.facts.front().kind == FactKind::link);
  CHECK(first.facts.front().value == 9);
  CHECK(first.absent.front().names == std::vector<std::uint32_t>{14, 15, 16});
  CHECK(read->back().object_name_counts);
  CHECK(read->back().terminal_counts);
  CHECK(encode_manifest(*read) == bytes);
}

TEST_CASE("bytes_that_are_no_whole_manifest_are_none") {
  const std::string bytes = encode_manifest({example()});
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_manifest(bytes.substr(0, size)));
  CHECK_FALSE(decode_manifest(bytes + 'x'));
  std::string other_version = bytes;
  ++other_version[4];
  CHECK_FALSE(decode_manifest(other_version));
}

TEST_CASE("a_list_that_is_longer_than_the_bytes_takes_no_memory") {
  std::string bytes = encode_manifest({});
  bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");
  CHECK_FALSE(decode_manifest(bytes));
}

TEST_CASE("facts_of_a_compile_with_150_headers_take_less_than_four_kilobytes") {
  ManifestEntry entry;
  entry.files.resize(160);
  entry.facts.resize(30);
  for (int directory = 0; directory < 30; ++directory) {
    entry.absent.push_back({.directory = 1, .stamp = 2, .names = std::vector<std::uint32_t>(7)});
  }
  CHECK(encode_manifest({entry}).size() <= 4096);
}
