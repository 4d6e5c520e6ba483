// One record: what it gives back, and that nothing damaged passes for one.
#include "format/record.hpp"

#include <algorithm>
#include <limits>

#include "catch.hpp"
#include "encoded.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// Small, with every part.
Encoded small_record() {
  Artifact artifact = Artifact::from_outputs({"a", "bc"}, {1, 2}, "o", "e", 3);
  artifact.output_modes = {0644, 0755};
  return {"key", artifact, 9};
}

std::vector<std::byte> concatenated(std::initializer_list<std::span<const std::byte>> parts) {
  std::vector<std::byte> all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<std::uint64_t> sequences_in(std::span<const std::byte> bytes) {
  std::vector<std::uint64_t> found;
  std::size_t offset = 0;
  while (const format::RecordHeader* record = format::next_record(bytes, &offset)) found.push_back(record->sequence);
  return found;
}

}  // namespace

TEST_CASE("a_record_gives_back_every_part") {
  Artifact artifact;
  artifact.output_names = {"a.o", "", std::string("b\0c", 3)};
  artifact.output_sizes = {0, std::numeric_limits<std::uint64_t>::max(), 7};
  artifact.output_modes = {0, 0755, 0644};
  artifact.output_digests = {{1, 2}, {}, {3, 4}};
  artifact.stdout_bytes = std::string("\0\xff", 2);
  artifact.stderr_bytes = "warning";
  artifact.exit_code = std::numeric_limits<std::int32_t>::min();
  artifact.total_size = 12;
  artifact.stored_at_secs = 34;
  Encoded encoded("the key", artifact, 56);
  const format::RecordHeader* record = format::checked_record(encoded.bytes());
  REQUIRE(record != nullptr);
  CHECK(record->length == encoded.bytes().size());
  CHECK(record->sequence == 56);
  CHECK(record->exit_code == artifact.exit_code);
  CHECK(record->total_size == 12);
  CHECK(record->stored_at_secs == 34);
  CHECK_FALSE(format::is_tombstone(*record));
  CHECK(format::key_of(*record) == "the key");
  CHECK(format::names_of(*record) == std::string_view("a.ob\0c", 6));
  CHECK(format::stdout_of(*record) == artifact.stdout_bytes);
  CHECK(format::stderr_of(*record) == artifact.stderr_bytes);
  const format::OutputEntry* outputs = format::outputs_of(*record);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(outputs[i].size == artifact.output_sizes[i]);
    CHECK(outputs[i].mode == artifact.output_modes[i]);
    CHECK(Digest{outputs[i].digest_low, outputs[i].digest_high} == artifact.output_digests[i]);
  }
  CHECK(outputs[0].name_end == 3);
  CHECK(outputs[1].name_end == 3);
  CHECK(outputs[2].name_end == 6);
}

TEST_CASE("a_record_of_nothing_but_a_key_is_whole") {
  for (std::size_t size = 1; size <= 17; ++size) {
    const std::string key(size, 'k');
    Encoded encoded(key, Artifact{}, 1);
    const format::RecordHeader* record = format::checked_record(encoded.bytes());
    REQUIRE(record != nullptr);
    CHECK(format::key_of(*record) == key);
    CHECK(format::stderr_of(*record).empty());
  }
}

TEST_CASE("a_tombstone_has_key_and_sequence_and_nothing_else") {
  Encoded encoded = Encoded::tombstone("gone", 77);
  const format::RecordHeader* record = format::checked_record(encoded.bytes());
  REQUIRE(record != nullptr);
  CHECK(format::is_tombstone(*record));
  CHECK(format::key_of(*record) == "gone");
  CHECK(record->sequence == 77);
  CHECK(record->output_count == 0);
  CHECK(record->length == format::tombstone_bytes("gone"));
}

TEST_CASE("a_record_cut_off_anywhere_is_refused") {
  Encoded encoded = small_record();
  for (std::size_t size = 0; size < encoded.bytes().size(); ++size) {
    CAPTURE(size);
    CHECK(format::checked_record(encoded.bytes().first(size)) == nullptr);
  }
  const auto longer = concatenated({encoded.bytes(), std::vector<std::byte>(64, std::byte{0xff})});
  CHECK(format::checked_record(longer) != nullptr);
}

TEST_CASE("a_record_with_any_bit_flipped_but_of_its_time_of_use_is_refused_whatever_follows_it") {
  Encoded encoded = small_record();
  auto bytes = concatenated({encoded.bytes(), std::vector<std::byte>(1 << 16)});
  for (std::size_t bit = 0; bit < encoded.bytes().size() * 8; ++bit) {
    CAPTURE(bit);
    flip_bit(bytes, bit);
    CHECK((format::checked_record(bytes) != nullptr) == is_time_of_use(bit / 8));
    flip_bit(bytes, bit);
  }
  CHECK(format::checked_record(bytes) != nullptr);
}

TEST_CASE("a_record_whose_parts_do_not_add_up_is_refused_whatever_its_checksum") {
  Encoded encoded = small_record();
  auto* outputs = const_cast<format::OutputEntry*>(format::outputs_of(encoded.header()));
  const auto refused = [&](auto& field, std::uint32_t value) {
    const auto before = std::exchange(field, static_cast<std::remove_reference_t<decltype(field)>>(value));
    encoded.seal();
    const bool null = format::checked_record(encoded.bytes()) == nullptr;
    field = before;
    encoded.seal();
    return null && format::checked_record(encoded.bytes()) != nullptr;
  };
  CHECK(refused(encoded.header().key_size, 0xffff));
  for (const std::uint32_t huge : {std::uint32_t{1} << 20, ~std::uint32_t{0}}) {
    CHECK(refused(encoded.header().output_count, huge));
    CHECK(refused(encoded.header().stdout_size, huge));
    CHECK(refused(encoded.header().stderr_size, huge));
    CHECK(refused(outputs[1].name_end, huge));
  }
  CHECK(refused(encoded.header().output_count, 1));
  CHECK(refused(encoded.header().key_size, 30));
  CHECK(refused(outputs[0].name_end, 4));  // ends after the one that follows it
}

TEST_CASE("a_use_is_noted_once_in_ten_minutes") {
  Artifact artifact;
  artifact.stored_at_secs = 6000;
  Encoded encoded("key", artifact, 1);
  const format::RecordHeader& record = encoded.header();
  CHECK(format::used_at_secs(record) == 6000);
  format::note_use(record, 6599);
  CHECK(format::used_at_secs(record) == 6000);
  format::note_use(record, 6600);
  CHECK(format::used_at_secs(record) == 6600);
  format::note_use(record, 7199);
  CHECK(format::used_at_secs(record) == 6600);
}

TEST_CASE("a_time_of_use_that_is_still_to_come_is_corrected_by_the_next_use") {
  Artifact artifact;
  artifact.stored_at_secs = std::numeric_limits<std::uint64_t>::max();
  const Encoded encoded("key", artifact, 1);
  const format::RecordHeader& record = *format::checked_record(encoded.bytes());
  CHECK(format::used_at_secs(record) == 60 * std::uint64_t{std::numeric_limits<std::uint32_t>::max()});
  format::note_use(record, 6600);
  CHECK(format::used_at_secs(record) == 6600);
}

TEST_CASE("a_copied_record_is_the_same_byte_for_byte") {
  Encoded encoded = small_record();
  format::note_use(encoded.header(), 123456);
  std::vector<std::uint64_t> copy(encoded.bytes().size() / sizeof(std::uint64_t));
  format::copy_record(copy.data(), encoded.header());
  CHECK(std::ranges::equal(std::as_bytes(std::span(copy)), encoded.bytes()));
}

TEST_CASE("a_key_has_1_to_4096_bytes_without_control_bytes_and_slashes") {
  CHECK_FALSE(format::is_valid_key(""));
  CHECK(format::is_valid_key(std::string(4096, 'k')));
  CHECK_FALSE(format::is_valid_key(std::string(4097, 'k')));
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const bool forbidden = byte < 0x20 || byte == 0x7f || byte == '/';
    CHECK(format::is_valid_key(std::string("a") + static_cast<char>(byte) + "b") == !forbidden);
  }
}

TEST_CASE("an_entry_that_cannot_be_stored_is_refused_with_its_cause") {
  const auto error_of = [](std::string_view key, const Artifact& artifact) { return format::check_entry(key, artifact).error().error; };
  const Artifact good = artifact_of("key", 2);
  CHECK(format::check_entry("key", good));
  CHECK(error_of("a/b", good) == Error::invalid_key);
  Artifact artifact = good;
  artifact.output_sizes.push_back(1);
  CHECK(error_of("key", artifact) == Error::invalid_artifact);
  artifact = good;
  artifact.output_modes = {0644};
  CHECK(error_of("key", artifact) == Error::invalid_artifact);
  artifact = good;
  artifact.output_digests = {{1, 2}};
  CHECK(error_of("key", artifact) == Error::invalid_artifact);
}

TEST_CASE("a_key_in_a_message_is_shortened_and_printable") {
  const std::string subject = format::check_entry(std::string(5000, 'k') + "\n", Artifact{}).error().subject;
  CHECK(subject.size() < 100);
  CHECK(format::check_entry("a\033[31mb", Artifact{}).error().subject == "key 'a?[31mb'");
}

TEST_CASE("records_are_found_one_after_another_in_any_bytes") {
  Encoded a("a", artifact_of("a", 1), 1);
  Encoded b = Encoded::tombstone("b", 2);
  Encoded c("c", artifact_of("c", 2), 3);
  const std::vector<std::byte> garbage(40, std::byte{0x5a});
  CHECK(sequences_in(concatenated({a.bytes(), b.bytes(), c.bytes()})) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(sequences_in(concatenated({garbage, a.bytes(), garbage, c.bytes(), garbage})) == std::vector<std::uint64_t>{1, 3});
  CHECK(sequences_in(garbage).empty());
  CHECK(sequences_in({}).empty());
}

TEST_CASE("a_damaged_record_costs_only_itself_and_a_damaged_time_of_use_nothing") {
  Encoded a("a", artifact_of("a", 1), 1);
  Encoded b = small_record();
  Encoded c("c", artifact_of("c", 2), 3);
  auto bytes = concatenated({a.bytes(), b.bytes(), c.bytes()});
  for (std::size_t bit = 0; bit < b.bytes().size() * 8; ++bit) {
    CAPTURE(bit);
    flip_bit(bytes, a.bytes().size() * 8 + bit);
    CHECK(sequences_in(bytes) == (is_time_of_use(bit / 8) ? std::vector<std::uint64_t>{1, 9, 3} : std::vector<std::uint64_t>{1, 3}));
    flip_bit(bytes, a.bytes().size() * 8 + bit);
  }
}

TEST_CASE("a_truncated_tail_loses_only_the_last_record") {
  Encoded a("a", artifact_of("a", 1), 1);
  Encoded b = small_record();
  const auto bytes = concatenated({a.bytes(), b.bytes()});
  for (std::size_t size = a.bytes().size(); size < bytes.size(); ++size) {
    CHECK(sequences_in(std::span(bytes).first(size)) == std::vector<std::uint64_t>{1});
  }
}
