// The snapshot: searched in place where it is intact, salvaged record by record where it is not, never believed where it is wrong.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>

#include "catch.hpp"
#include "encoded.hpp"
#include "held.hpp"
#include "snapshot/slot.hpp"
#include "snapshot/snapshot_reader.hpp"
#include "snapshot/snapshot_writer.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr SnapshotOrigin kOrigin{.generation = 3, .base_sequence = 1000, .life = 11, .totals = {5, 4, 3, 2, 1, 0, 1, 2, {7}}};

std::vector<std::string> keys_of(std::uint64_t entries) {
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < entries; ++i) keys.push_back(key_of(i));
  return keys;
}

/// A snapshot of `entries` entries that check themselves, and where each of its records ends.
class Snapshot {
 public:
  explicit Snapshot(std::uint64_t entries, std::size_t places_in_memory = SlotPlaces::kMostInMemory)
      : Snapshot(keys_of(entries), places_in_memory) {}
  explicit Snapshot(const std::vector<std::string>& keys, std::size_t places_in_memory = SlotPlaces::kMostInMemory) : directory_(temp_.path()) {
    auto writer = SnapshotWriter::create(held(directory_), kOrigin, places_in_memory).value();
    std::size_t end = sizeof(format::SnapshotHeader);
    for (std::uint64_t i = 0; i < keys.size(); ++i) {
      Encoded& record = records_.emplace_back(keys[i], artifact_of(keys[i], i), i + 1);
      writer.add(record.header()).value();
      record_ends_.push_back(end += record.bytes().size());
    }
    size_ = std::move(writer).commit([] { return true; }).value().bytes;
    file_ = open_file(path(), O_RDWR).value();
  }

  [[nodiscard]] std::filesystem::path path() const { return directory_.snapshot(); }
  [[nodiscard]] const CacheDirectory& directory() const noexcept { return directory_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::vector<std::size_t>& record_ends() const noexcept { return record_ends_; }
  [[nodiscard]] std::size_t records_end() const noexcept { return record_ends_.empty() ? sizeof(format::SnapshotHeader) : record_ends_.back(); }

  /// Whether a record found in the file is, byte for byte, the one that was written with its sequence number. Its time of use may differ.
  [[nodiscard]] bool wrote(const format::RecordHeader& record) const {
    if (record.sequence - 1 >= records_.size()) return false;
    const auto written = records_[record.sequence - 1].bytes();
    const auto found = format::bytes_of(record);
    if (written.size() != found.size()) return false;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (written[i] != found[i] && !is_time_of_use(i)) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_in_time_of_use(std::size_t offset) const {
    const auto end = std::ranges::upper_bound(record_ends_, offset);
    return is_time_of_use(offset - (end == record_ends_.begin() ? sizeof(format::SnapshotHeader) : *(end - 1)));
  }

  void flip(std::size_t bit) const {
    std::byte byte{};
    REQUIRE(::pread(file_.get(), &byte, 1, static_cast<off_t>(bit / 8)) == 1);
    byte ^= std::byte{1} << bit % 8;
    REQUIRE(::pwrite(file_.get(), &byte, 1, static_cast<off_t>(bit / 8)) == 1);
  }
  void truncate(std::size_t size) const { REQUIRE(::ftruncate(file_.get(), static_cast<off_t>(size)) == 0); }

  /// Changes a struct at `offset` and makes its checksum, over the bytes before that member, right again.
  template <class T, class Change>
  void change(std::size_t offset, Change change) const {
    T object{};
    REQUIRE(::pread(file_.get(), &object, sizeof object, static_cast<off_t>(offset)) == sizeof object);
    change(object);
    object.checksum = format::checksum64(&object, offsetof(T, checksum));
    REQUIRE(::pwrite(file_.get(), &object, sizeof object, static_cast<off_t>(offset)) == sizeof object);
  }
  [[nodiscard]] std::size_t footer_offset() const noexcept { return size_ - sizeof(format::SnapshotFooter); }

 private:
  TempDir temp_;
  CacheDirectory directory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::vector<Encoded> records_;
  std::vector<std::size_t> record_ends_;
};

/// How many records a walk meets; nothing if one of them is not as it was written.
std::optional<std::size_t> whole_records(const Snapshot& snapshot, const SnapshotReader& reader) {
  std::size_t count = 0;
  bool right = true;
  reader.for_each([&](const format::RecordHeader& record) {
    ++count;
    return right = snapshot.wrote(record);
  });
  return right ? std::optional(count) : std::nullopt;
}

/// How many of its keys a search finds; nothing if it finds something wrong.
std::optional<std::size_t> found_keys(const Snapshot& snapshot, const SnapshotReader& reader) {
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < snapshot.record_ends().size(); ++i) {
    const format::RecordHeader* record = reader.find(key_of(i));
    if (record == nullptr) continue;
    if (format::key_of(*record) != key_of(i) || !snapshot.wrote(*record)) return std::nullopt;
    ++count;
  }
  return count;
}

Error error_of_open(const std::filesystem::path& path) { return SnapshotReader::open(path).error().error; }

}  // namespace

TEST_CASE("a_snapshot_gives_back_what_was_written") {
  const Snapshot snapshot(100);
  const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
  CHECK(reader.intact());
  CHECK(reader.record_count() == 100);
  CHECK(reader.size() == snapshot.size());
  CHECK(reader.origin().generation == kOrigin.generation);
  CHECK(reader.origin().base_sequence == kOrigin.base_sequence);
  CHECK(std::memcmp(&reader.origin().totals, &kOrigin.totals, sizeof kOrigin.totals) == 0);
  CHECK(whole_records(snapshot, reader) == 100);
}

TEST_CASE("a_snapshot_is_searched_in_place") {
  const Snapshot snapshot(1000);
  const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
  CHECK(found_keys(snapshot, reader) == 1000);
  for (std::uint64_t i = 1000; i < 3000; ++i) REQUIRE(reader.find(key_of(i)) == nullptr);
}

TEST_CASE("a_snapshot_written_in_little_memory_is_the_same_byte_for_byte_and_leaves_nothing_behind") {
  const auto records_and_table = [](const Snapshot& snapshot) {
    return read_file(snapshot.path()).substr(sizeof(format::SnapshotHeader), snapshot.footer_offset() - sizeof(format::SnapshotHeader));
  };
  for (const std::uint64_t entries : {0, 1, 3, 1000}) {
    const std::string expected = records_and_table(Snapshot(entries));
    for (const std::size_t places_in_memory : {1, 7, 500, 999, 1000}) {
      CAPTURE(entries, places_in_memory);
      const Snapshot snapshot(entries, places_in_memory);
      CHECK((records_and_table(snapshot) == expected));  // in brackets: the bytes are not printed
      const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
      CHECK(reader.intact());
      CHECK(found_keys(snapshot, reader) == entries);
      for (const auto& entry : std::filesystem::directory_iterator(snapshot.directory().path())) CHECK(entry.path() == snapshot.path());
    }
  }
}

TEST_CASE("keys_that_probe_beyond_the_end_of_the_table_are_found_at_its_front") {
  std::vector<std::string> keys = keys_of(20'000);
  const auto hash = [](const std::string& key) { return format::hash_key(key).high; };
  std::ranges::sort(keys, std::greater(), hash);
  keys.resize(40);  // all of them want one of the last slots
  REQUIRE(snapshot::first_slot(hash(keys.back()), snapshot::slots_for(keys.size())) == snapshot::slots_for(keys.size()) - 1);
  const Snapshot snapshot(keys, 16);
  const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
  REQUIRE(reader.intact());
  for (const std::string& key : keys) {
    const format::RecordHeader* record = reader.find(key);
    REQUIRE(record != nullptr);
    CHECK(format::key_of(*record) == key);
  }
}

TEST_CASE("an_empty_snapshot_is_intact_and_holds_nothing") {
  const Snapshot snapshot(0);
  const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
  CHECK(reader.intact());
  CHECK(reader.find("key") == nullptr);
  CHECK(whole_records(snapshot, reader) == 0);
}

TEST_CASE("a_snapshot_that_is_not_committed_leaves_nothing_behind") {
  const TempDir temp;
  const CacheDirectory directory(temp.path());
  {
    auto writer = SnapshotWriter::create(held(directory), kOrigin).value();
    Encoded record("key", artifact_of("key", 1), 1);
    REQUIRE(writer.add(record.header()));
    CHECK_FALSE(std::filesystem::is_empty(temp.path()));
  }
  CHECK(std::filesystem::is_empty(temp.path()));
}

TEST_CASE("the_snapshot_of_before_becomes_the_previous_one") {
  const Snapshot snapshot(2);
  const std::string before = read_file(snapshot.path());
  REQUIRE(SnapshotWriter::create(held(snapshot.directory()), kOrigin).value().commit([] { return true; }).has_value());
  CHECK(read_file(snapshot.directory().previous_snapshot()) == before);
  CHECK(SnapshotReader::open(snapshot.path()).value().record_count() == 0);
}

TEST_CASE("a_snapshot_cut_off_anywhere_keeps_the_records_before_the_cut") {
  const Snapshot snapshot(4);
  for (std::size_t size = snapshot.size(); size-- > 0;) {
    CAPTURE(size);
    snapshot.truncate(size);
    const auto before_the_cut =
        static_cast<std::size_t>(std::ranges::count_if(snapshot.record_ends(), [&](std::size_t end) { return end <= size; }));
    const auto reader = SnapshotReader::open(snapshot.path());
    if (!reader) {
      CHECK(reader.error().error == Error::corrupt);
      CHECK(before_the_cut == 0);
      CHECK(size < sizeof(format::SnapshotHeader));
      continue;
    }
    CHECK_FALSE(reader->intact());
    CHECK(whole_records(snapshot, *reader) == before_the_cut);
  }
}

TEST_CASE("a_flipped_bit_costs_at_most_the_record_it_is_in_and_in_its_time_of_use_nothing_else") {
  constexpr std::size_t kEntries = 4;
  const Snapshot snapshot(kEntries);
  for (std::size_t bit = 0; bit < snapshot.size() * 8; ++bit) {
    CAPTURE(bit);
    snapshot.flip(bit);
    const bool in_records = bit / 8 >= sizeof(format::SnapshotHeader) && bit / 8 < snapshot.records_end();
    const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
    CHECK(reader.intact() == in_records);  // records are vouched for by themselves
    const bool costs = in_records && !snapshot.is_in_time_of_use(bit / 8);
    CHECK(whole_records(snapshot, reader) == (costs ? kEntries - 1 : kEntries));
    if (reader.intact()) CHECK(found_keys(snapshot, reader) == (costs ? kEntries - 1 : kEntries));
    snapshot.flip(bit);
  }
  CHECK(found_keys(snapshot, SnapshotReader::open(snapshot.path()).value()) == kEntries);
}

TEST_CASE("bytes_after_the_end_make_a_snapshot_one_to_be_salvaged_and_lose_nothing") {
  const Snapshot snapshot(4);
  for (const std::size_t extra : {1, 8, 72, 4096}) {
    snapshot.truncate(snapshot.size() + extra);
    const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
    CHECK_FALSE(reader.intact());
    CHECK(whole_records(snapshot, reader) == 4);
    snapshot.truncate(snapshot.size());
  }
}

TEST_CASE("what_is_no_snapshot_is_corrupt_and_what_is_not_there_is_not_found") {
  const TempDir temp;
  const auto path = temp.path() / "snap";
  CHECK(error_of_open(path) == Error::not_found);
  write_file(path, "");
  CHECK(error_of_open(path) == Error::corrupt);
  std::mt19937_64 random(1);
  for (const std::size_t size : {1, 7, 8, 72, 120, 192, 10000}) {
    std::string garbage(size, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    write_file(path, garbage);
    CHECK(error_of_open(path) == Error::corrupt);
  }
  write_file(path, std::string(10000, '\0'));
  CHECK(error_of_open(path) == Error::corrupt);
  CHECK(error_of_open(temp.path()) == Error::corrupt);  // a directory
}

TEST_CASE("a_snapshot_of_another_version_is_told_from_a_damaged_one") {
  const Snapshot snapshot(2);
  snapshot.change<format::SnapshotHeader>(0, [](auto& header) { header.version += 1; });
  CHECK(error_of_open(snapshot.path()) == Error::version_mismatch);
}

TEST_CASE("a_newer_version_may_have_a_longer_header") {
  const TempDir temp;
  struct LongHeader {
    format::SnapshotHeader known;
    std::array<std::uint64_t, 4> more;
    std::uint64_t checksum;
  };
  LongHeader header{};
  header.known.magic = format::kSnapshotMagic;
  header.known.version = format::kFormatVersion + 1;
  header.known.header_bytes = sizeof header;
  header.checksum = format::checksum64(&header, offsetof(LongHeader, checksum));
  write_file(temp.path() / "snap", {reinterpret_cast<const char*>(&header), sizeof header});
  CHECK(error_of_open(temp.path() / "snap") == Error::version_mismatch);
}

TEST_CASE("a_footer_of_another_snapshot_is_not_believed") {
  const Snapshot snapshot(4);
  snapshot.change<format::SnapshotHeader>(0, [](auto& header) { header.base_sequence += 1; });
  const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
  CHECK_FALSE(reader.intact());
  CHECK(whole_records(snapshot, reader) == 4);
}

TEST_CASE("a_footer_with_impossible_places_is_not_believed_whatever_its_checksum") {
  using Footer = format::SnapshotFooter;
  const auto not_believed = [](auto change) {
    const Snapshot snapshot(4);
    snapshot.change<Footer>(snapshot.footer_offset(), change);
    const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
    return !reader.intact() && whole_records(snapshot, reader) == 4;
  };
  CHECK(not_believed([](Footer& footer) { footer.table_offset += 8; }));
  CHECK(not_believed([](Footer& footer) { footer.table_offset += 4; }));
  CHECK(not_believed([](Footer& footer) { footer.table_offset = ~std::uint64_t{0} - 7; }));
  CHECK(not_believed([](Footer& footer) { footer.table_slots = 0; }));
  CHECK(not_believed([](Footer& footer) { footer.table_slots = std::uint64_t{1} << 61; }));
  CHECK(not_believed([](Footer& footer) { footer.records_offset = 0; }));
  CHECK(not_believed([](Footer& footer) { footer.records_bytes -= 8; }));
}

TEST_CASE("slots_that_lead_anywhere_end_in_a_miss") {
  for (const std::uint64_t offset : {std::uint64_t{1}, std::uint64_t{15}, (std::uint64_t{1} << format::kSlotOffsetBits) - 1}) {
    const Snapshot snapshot(1);
    const std::string key = key_of(0);
    std::vector<std::uint64_t> slots(snapshot::slots_for(1), snapshot::make_slot(format::hash_key(key), offset * format::kRecordAlignment));
    const int fd = open_file(snapshot.path(), O_RDWR).value().release();
    const std::size_t bytes = slots.size() * sizeof(std::uint64_t);
    REQUIRE(::pwrite(fd, slots.data(), bytes, static_cast<off_t>(snapshot.records_end())) == static_cast<ssize_t>(bytes));
    ::close(fd);
    snapshot.change<format::SnapshotFooter>(snapshot.footer_offset(),
                                            [&](auto& footer) { footer.table_checksum = format::checksum64(slots.data(), bytes); });
    const SnapshotReader reader = SnapshotReader::open(snapshot.path()).value();
    REQUIRE(reader.intact());
    const bool right = offset * format::kRecordAlignment == sizeof(format::SnapshotHeader);
    CHECK((reader.find(key) != nullptr) == right);
    CHECK(reader.find(key_of(1)) == nullptr);  // a full table ends a search, too
  }
}

TEST_CASE("a_slot_keeps_the_offset_and_the_tag_apart") {
  const format::Key128 hash{.low = 0xABCD'EF12'3456'789A, .high = 1};
  const std::uint64_t slot = snapshot::make_slot(hash, 4096);
  CHECK(snapshot::record_offset(slot) == 4096);
  CHECK(snapshot::same_tag(slot, hash));
  CHECK_FALSE(snapshot::same_tag(slot, {.low = hash.low ^ std::uint64_t{1} << format::kSlotOffsetBits, .high = 1}));
  CHECK(snapshot::first_slot(0, 10) == 0);
  CHECK(snapshot::first_slot(~std::uint64_t{0}, 10) == 9);
  CHECK(snapshot::first_slot(std::uint64_t{1} << 63, 10) == 5);
}
