// Reading the index of the original: what it says comes out, and what cannot be is refused before it takes memory.
#include <zccache-index/bincode.hpp>

#include <cstring>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
using index_tool::BincodeReader;

namespace {

using Entries = std::vector<std::pair<std::string, Artifact>>;

/// The original's encoding.
class Blob {
 public:
  template <class Number>
  Blob& number(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Blob& bytes(std::string_view text) {
    number<std::uint64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  Blob& entry(std::string_view key, const Artifact& artifact) {
    bytes(key).number<std::uint64_t>(artifact.output_names.size());
    for (const std::string& name : artifact.output_names) bytes(name);
    number<std::uint64_t>(artifact.output_sizes.size());
    for (const std::uint64_t size : artifact.output_sizes) number(size);
    bytes(artifact.stdout_bytes).bytes(artifact.stderr_bytes).number(artifact.exit_code);
    return number(artifact.total_size).number(artifact.stored_at_secs);
  }
  [[nodiscard]] const std::string& text() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

Entries numbered(std::uint64_t count) {
  Entries entries;
  for (std::uint64_t i = 0; i < count; ++i) entries.emplace_back(key_of(i), artifact_of(key_of(i), i));
  return entries;
}

std::string blob_of(const Entries& entries) {
  Blob blob;
  blob.number<std::uint64_t>(entries.size());
  for (const auto& [key, artifact] : entries) blob.entry(key, artifact);
  return blob.text();
}

Entries read_all(const std::string& blob) {
  std::istringstream in(blob);
  BincodeReader reader(in, blob.size());
  Entries entries;
  while (auto entry = reader.next()) entries.push_back(std::move(*entry));
  return entries;
}

/// The offsets of the lengths in the blob of one entry.
std::vector<std::size_t> lengths_in(const Artifact& artifact, std::size_t key_size) {
  std::vector<std::size_t> offsets{0, 8};
  std::size_t at = 16 + key_size;
  const auto skip = [&](std::size_t size) {
    offsets.push_back(at);
    at += 8 + size;
  };
  skip(0);
  for (const std::string& name : artifact.output_names) skip(name.size());
  skip(8 * artifact.output_sizes.size());
  skip(artifact.stdout_bytes.size());
  skip(artifact.stderr_bytes.size());
  return offsets;
}

}  // namespace

TEST_CASE("an_index_of_the_original_comes_out_as_it_went_in") {
  for (const std::uint64_t count : {0, 1, 300}) CHECK(read_all(blob_of(numbered(count))) == numbered(count));
}

TEST_CASE("a_blob_that_ends_anywhere_before_its_end_is_refused") {
  const std::string blob = blob_of(numbered(3));
  for (std::size_t size = 0; size < blob.size(); ++size) CHECK_THROWS_AS(read_all(blob.substr(0, size)), std::runtime_error);
}

TEST_CASE("a_length_that_is_not_the_right_one_is_refused") {
  const Entries entries = numbered(1);
  const std::string whole = blob_of(entries);
  for (const std::size_t offset : lengths_in(entries[0].second, entries[0].first.size())) {
    for (const std::uint64_t hostile : {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63, std::uint64_t{1} << 61,
                                        std::uint64_t{1} << 40, static_cast<std::uint64_t>(whole.size())}) {
      std::string blob = whole;
      std::memcpy(blob.data() + offset, &hostile, sizeof hostile);
      CHECK_THROWS_AS(read_all(blob), std::runtime_error);
    }
  }
}

TEST_CASE("names_and_keys_that_cannot_be_used_are_refused") {
  for (const char* name : {"", "/etc/passwd", "..", "../a.o", "a/../../b.o"}) {
    CHECK_THROWS_AS(read_all(blob_of({{"k", Artifact::from_outputs({name}, {1})}})), std::runtime_error);
  }
  CHECK(read_all(blob_of({{"k", Artifact::from_outputs({"sub/..a/b.o"}, {1})}})).size() == 1);
  for (const std::string& key : {std::string(), std::string("a/b"), std::string("a\nb"), std::string(4097, 'k')}) {
    CHECK_THROWS_AS(read_all(blob_of({{key, Artifact{}}})), std::runtime_error);
  }
}

TEST_CASE("names_and_sizes_of_different_number_are_refused") {
  CHECK_THROWS_AS(read_all(blob_of({{"k", Artifact::from_outputs({"a.o", "b.o"}, {1})}})), std::runtime_error);
}

TEST_CASE("an_entry_over_64_MiB_is_refused_and_one_just_below_is_read") {
  Artifact large;
  large.stdout_bytes.assign(std::size_t{40} << 20, 'x');
  CHECK(read_all(blob_of({{"k", large}})).size() == 1);
  large.stderr_bytes.assign(std::size_t{30} << 20, 'x');
  CHECK_THROWS_AS(read_all(blob_of({{"k", large}})), std::runtime_error);
}

TEST_CASE("a_refusal_names_the_place_and_the_reason") {
  const std::string blob = blob_of(numbered(1)) + "x";
  CHECK_THROWS_WITH(read_all(blob),
                    "not an index of the original: at byte " + std::to_string(blob.size() - 1) + ": 1 bytes follow the last entry");
}
