// The live index laid open.
#include <zccache/inspect.hpp>

#include <numeric>

#include "base/lock_file.hpp"
#include "history.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

TEST_CASE("a_dump_shows_what_the_store_says") {
  const History history;
  const Stats stats = open_at(history.path()).stats();
  const SegmentDump dump = inspect(history.path()).value();
  CHECK(dump.trust == "ok");
  CHECK(dump.version == format::kFormatVersion);
  CHECK(dump.fingerprint == dump.expected_fingerprint);
  CHECK(dump.boot_id == dump.current_boot_id);
  CHECK(dump.boot_id.size() == 32);
  CHECK(dump.inode == dump.actual_inode);
  CHECK(dump.file_bytes == fs::file_size(history.directory.live()));
  CHECK(dump.generation == stats.generation);
  CHECK(dump.entries == stats.entries);
  CHECK(dump.live_bytes == stats.live_bytes);
  CHECK(dump.last_sequence - dump.flushed_sequence == stats.unflushed_changes);
  CHECK_FALSE(dump.retired);
  CHECK_FALSE(dump.dirty);
  CHECK(dump.locks.empty());
}

TEST_CASE("chains_count_every_bucket_and_every_node_once") {
  const History history;
  const SegmentDump dump = inspect(history.path()).value();
  CHECK(std::accumulate(dump.chain_lengths.begin(), dump.chain_lengths.end(), std::uint64_t{0}) == dump.buckets);
  std::uint64_t nodes = 0;
  for (std::size_t length = 0; length < dump.chain_lengths.size(); ++length) nodes += length * dump.chain_lengths[length];
  CHECK(nodes == 25);  // the removed entry has one, too
  CHECK(dump.damaged_chains == 0);
  CHECK(dump.extent_used <= dump.extent_bytes);
}

TEST_CASE("a_dump_names_who_holds_a_lock") {
  const History history;
  LockFile flusher(history.directory.lock(), LockByte::flusher);
  const auto guard = flusher.acquire(std::chrono::milliseconds(0)).value();
  const SegmentDump dump = inspect(history.path()).value();
  REQUIRE(dump.locks.size() == 1);
  CHECK(dump.locks[0].lock == "flusher");
  CHECK(dump.locks[0].pid == ::getpid());
}

TEST_CASE("a_dump_shows_the_words_of_a_file_that_cannot_be_trusted") {
  const History history;
  copy_over_itself(history.directory.live());
  const SegmentDump moved = inspect(history.path()).value();
  CHECK(moved.trust == "moved");
  CHECK(moved.inode != moved.actual_inode);
  CHECK(moved.entries == history.expected.size());
  CHECK(moved.buckets == 0);  // nobody followed a link in it
}

TEST_CASE("what_cannot_be_dumped_is_an_error") {
  const TempDir temp;
  CHECK(inspect(temp.cache()).error().error == Error::not_found);
  CHECK(inspect(temp.path()).error().error == Error::not_found);
  write_file(temp.path() / "index.live", "short");
  CHECK(inspect(temp.path()).error().error == Error::corrupt);
}
