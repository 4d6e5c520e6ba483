#include "live/verified_records.hpp"

#include "catch.hpp"

using namespace zccache;

TEST_CASE("a_record_is_known_once_it_was_added") {
  VerifiedRecords records;
  CHECK_FALSE(records.contains(4096));
  records.add(4096);
  CHECK(records.contains(4096));
  CHECK_FALSE(records.contains(4104));
}

TEST_CASE("a_record_at_the_same_place_of_another_mapping_is_not_known") {
  VerifiedRecords old;
  old.add(4096);
  CHECK_FALSE(VerifiedRecords().contains(4096));
  CHECK(old.contains(4096));
}

TEST_CASE("records_beyond_the_largest_offset_are_never_known") {
  VerifiedRecords records;
  constexpr std::uint64_t kBeyond = std::uint64_t{8} << 36;
  records.add(kBeyond);
  CHECK_FALSE(records.contains(kBeyond));
  CHECK_FALSE(records.contains(0));
}
