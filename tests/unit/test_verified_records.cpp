#include "live/verified_records.hpp"

#include "catch.hpp"

using namespace zccache;

TEST_CASE("a_record_is_known_once_it_was_added") {
  VerifiedRecords records;
  CHECK_FALSE(records.contains(4096));
  records.add(4096);
  CHECK(records.contains(4096));
  CHECK_FALSE(records.contains(4096 + VerifiedRecords::kBlockBytes));
  CHECK_FALSE(records.contains(4096 - 8));
}

TEST_CASE("neighbours_are_known_each_for_itself") {
  VerifiedRecords records;
  for (std::uint64_t offset = 0; offset < 100'000; offset += 3 * VerifiedRecords::kBlockBytes) records.add(offset);
  for (std::uint64_t offset = 0; offset < 100'000; offset += VerifiedRecords::kBlockBytes)
    CHECK(records.contains(offset) == (offset % (3 * VerifiedRecords::kBlockBytes) == 0));
}

TEST_CASE("records_that_share_a_note_are_not_taken_for_each_other") {
  VerifiedRecords records;
  constexpr std::uint64_t kSamePlace = std::uint64_t{1} << 29;
  records.add(4096);
  CHECK_FALSE(records.contains(4096 + kSamePlace));
  records.add(4096 + kSamePlace);
  CHECK(records.contains(4096 + kSamePlace));
  CHECK_FALSE(records.contains(4096));
}

TEST_CASE("a_record_at_the_same_place_of_another_mapping_is_not_known") {
  VerifiedRecords old;
  old.add(4096);
  CHECK_FALSE(VerifiedRecords().contains(4096));
  CHECK(old.contains(4096));
}

TEST_CASE("records_beyond_the_largest_offset_are_never_known") {
  VerifiedRecords records;
  constexpr std::uint64_t kBeyond = std::uint64_t{8} << 30;
  records.add(kBeyond);
  CHECK_FALSE(records.contains(kBeyond));
  CHECK_FALSE(records.contains(0));
}
