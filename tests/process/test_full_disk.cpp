// A disk of 4 MiB that runs full at an insert, a renewal, a flush, and what a collection makes of it.
#include <zccache/artifact_store.hpp>
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/small_disk.hpp"
#include "snapshot/snapshot_writer.hpp"
#include "support.hpp"
#include "unit/encoded.hpp"
#include "unit/held.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// From here on this process finds that its file systems have no fallocate().
bool have_no_fallocate() {
  sock_filter program[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{.len = std::size(program), .filter = program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool all_there(const ArtifactStore& store, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (store.get(key_of(i)) != artifact_of(key_of(i), i)) return false;
  }
  return store.size() == count;
}

}  // namespace

TEST_CASE("inserts_on_a_full_disk_fail_with_no_space_and_lose_nothing") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 10;
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    std::uint64_t count = 0;
    result<void> inserted;
    while ((inserted = store.insert(key_of(count), artifact_of(key_of(count), count)))) ++count;
    if (inserted.error().error != Error::no_space) return 1;
    if (inserted.error().message().find("no space left") == std::string::npos) return 2;
    if (count < 1000 || !all_there(store, count)) return 3;
    // The next process finds the same, and so does the next insert once there is room.
    if (!all_there(ArtifactStore::open(disk / "cache", options).value(), count)) return 4;
    return 0;
  }));
}

TEST_CASE("a_renewal_takes_less_room_than_it_likes_where_the_disk_has_no_more") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 256 << 10;
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    std::uint64_t count = 0;
    for (; store.stats().renewals == 0; ++count) store.insert(key_of(count), artifact_of(key_of(count), count)).value();
    const std::uint64_t before = store.stats().segment_bytes;
    fill_disk(disk, before + before / 2);  // too little for twice the size
    for (; store.stats().renewals == 1; ++count) {
      if (!store.insert(key_of(count), artifact_of(key_of(count), count))) return 1;
    }
    return all_there(store, count) && store.stats().segment_bytes < 2 * before ? 0 : 2;
  }));
}

TEST_CASE("an_index_that_grows_into_a_full_disk_says_so_and_goes_on_when_there_is_room") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  const auto work = [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 16 << 20;  // more than the disk has, and taken from it as it is needed
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    fill_disk(disk, 0);
    Artifact large = artifact_of("large", 0);
    large.stdout_bytes.assign(100'000, 'o');
    std::uint64_t count = 0;
    result<void> inserted;
    while ((inserted = store.insert(key_of(count), large))) ++count;
    if (inserted.error().error != Error::no_space || count == 0 || store.size() != count) return 1;
    if (store.stats().renewals != 0) return 2;
    std::filesystem::remove(disk / "filler");
    const std::uint64_t before = store.stats().segment_bytes;
    if (!store.insert(key_of(count), large) || store.stats().segment_bytes <= before || store.stats().renewals != 0) return 3;
    for (std::uint64_t i = 0; i <= count; ++i) {
      if (store.get(key_of(i)) != large) return 4;
    }
    return 0;
  };
  expect_success(on_a_small_disk(disk, work, "6m"));
}

TEST_CASE("an_index_that_is_mostly_garbage_uses_the_disk_up_before_it_says_that_there_is_no_space") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  const auto work = [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 32 << 20;
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    Artifact large = artifact_of("large", 0);
    large.stdout_bytes.assign(100'000, 'o');
    constexpr std::uint64_t kCount = 30;
    for (std::uint64_t i = 0; i < kCount; ++i) store.insert(key_of(i), large).value();
    // The index takes a piece of two mebibytes at a time. There is room for a few, and none for a second index.
    fill_disk(disk, 7 << 20);
    std::uint64_t overwritten = 0;
    result<void> inserted;
    for (; (inserted = store.insert(key_of(0), large)); ++overwritten) {
      if (store.stats().renewals != 0) return 1;  // else this test shows nothing
    }
    if (inserted.error().error != Error::no_space) return 2;
    if (std::filesystem::space(disk).available >= 2 << 20) return 3;
    if (store.stats().garbage_bytes < store.stats().live_bytes) return 4;  // else this test shows nothing
    for (std::uint64_t i = 0; i < kCount; ++i) {
      if (store.get(key_of(i)) != large) return 5;
    }
    return 0;
  };
  expect_success(on_a_small_disk(disk, work, "16m"));
}

TEST_CASE("where_only_writing_takes_blocks_an_index_that_grows_overwrites_nothing") {
  const TempDir temp;
  const auto work = [&] {
    if (!have_no_fallocate()) return kNotAllowed;
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = (7 << 20) + 4096;
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    const MappedFile file(temp.cache() / "index.live");
    // The end of Boost's list of free memory.
    const auto last_word = [&] { return *reinterpret_cast<const std::uint64_t*>(file.bytes().last(sizeof(std::uint64_t)).data()); };
    const std::uint64_t before = last_word();
    if (before == 0) return 1;  // else this test shows nothing
    Artifact large = artifact_of("large", 0);
    large.stdout_bytes.assign(100'000, 'o');
    std::uint64_t count = 0;
    for (; store.stats().renewals == 0; ++count) store.insert(key_of(count), large).value();
    if (last_word() != before) return 2;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (store.get(key_of(i)) != large) return 3;
    }
    return 0;
  };
  expect_success(Child(work).reap());
}

TEST_CASE("what_looks_for_records_takes_no_block_of_a_full_disk") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  const auto work = [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 20;  // most of it a hole
    constexpr std::uint64_t kCount = 100;
    {
      ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
      for (std::uint64_t i = 0; i < kCount; ++i) store.insert(key_of(i), artifact_of(key_of(i), i)).value();
    }
    {
      const MappedFile file(disk / "cache" / "index.live");
      file.header().boot_id[0] ^= 1;
      file.seal();
    }
    const auto free_before = std::filesystem::space(disk).available;
    if (check(disk / "cache").value().entries_kept != kCount) return 1;
    if (std::filesystem::space(disk).available != free_before) return 2;
    fill_disk(disk, 0);
    return check(disk / "cache").value().entries_kept == kCount ? 0 : 3;
  };
  expect_success(on_a_small_disk(disk, work, "20m"));
}

TEST_CASE("an_index_stays_within_the_largest_file_that_a_process_may_write") {
  const TempDir temp;
  Child child([&] {
    constexpr rlim_t kLargest = 300'000;
    const struct rlimit limit { kLargest, kLargest };
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 10;
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    std::uint64_t count = 0;
    result<void> inserted;
    while ((inserted = store.insert(key_of(count), artifact_of(key_of(count), count)))) ++count;
    if (inserted.error().error != Error::no_space) return 2;
    // A file of four times the size would have been too large: the last ones have less room to grow.
    if (std::filesystem::file_size(temp.cache() / "index.live") < kLargest / 2) return 3;
    return all_there(store, count) ? 0 : 4;
  });
  CHECK(child.reap() == 0);
}

TEST_CASE("a_flush_on_a_full_disk_fails_keeps_the_old_snapshot_and_shows_in_the_statistics") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    ArtifactStore store = ArtifactStore::open(disk / "cache", manual_flush()).value();
    store.insert(key_of(0), artifact_of(key_of(0), 0)).value();
    store.flush().value();
    for (std::uint64_t i = 1; i < 1000; ++i) store.insert(key_of(i), artifact_of(key_of(i), i)).value();
    fill_disk(disk, 0);
    const auto flushed = store.flush();
    if (flushed || flushed.error().error != Error::no_space) return 1;
    if (store.stats().flushes_failed != 1 || store.stats().flushes_done != 1) return 2;
    if (!all_there(store, 1000)) return 3;
    std::filesystem::remove(disk / "filler");
    if (!store.flush()) return 4;  // tried again
    std::filesystem::remove(disk / "cache" / "index.live");
    return all_there(ArtifactStore::open(disk / "cache", manual_flush()).value(), 1000) ? 0 : 5;
  }));
}

TEST_CASE("a_flush_that_has_no_space_to_sort_in_fails_and_leaves_nothing_behind") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    std::filesystem::create_directory(disk / "cache");
    const CacheDirectory directory(disk / "cache");
    const auto write = [&](std::uint64_t count) -> result<SnapshotSize> {
      // Far fewer places than the disk has bytes left, and fewer records than make it write the first of them.
      constexpr std::size_t kPlacesInMemory = 64;
      auto writer = SnapshotWriter::create(held(directory), {}, kPlacesInMemory);
      if (!writer) return writer.error();
      for (std::uint64_t i = 0; i < count; ++i) {
        Encoded record("key " + std::to_string(i), Artifact(), i + 1);
        if (auto added = writer->add(record.header()); !added) return added.error();
      }
      return std::move(*writer).commit([] { return true; });
    };
    if (!write(100)) return 1;
    const std::string before = read_file(directory.snapshot());
    fill_disk(disk, 16 << 10);
    const auto failed = write(3000);
    if (failed || failed.error().error != Error::no_space) return 2;
    if (failed.error().message().find("places") == std::string::npos) return 3;  // else this test shows nothing
    const auto files = std::filesystem::directory_iterator(directory.path());
    if (std::distance(begin(files), end(files)) != 1 || read_file(directory.snapshot()) != before) return 4;
    std::filesystem::remove(disk / "filler");
    return write(3000) ? 0 : 5;
  }));
}

TEST_CASE("a_flush_that_failed_for_lack_of_space_is_not_due_again_at_once") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    ArtifactStore store = ArtifactStore::open(disk / "cache", manual_flush()).value();
    for (std::uint64_t i = 0; i < 1000; ++i) store.insert(key_of(i), artifact_of(key_of(i), i)).value();
    const MappedFile live(disk / "cache" / "index.live");
    live.header().last_flush_at_millis = 1;  // long ago
    fill_disk(disk, 0);
    if (!store.flush_due()) return 1;
    if (store.flush_if_due()) return 2;
    if (store.flush_due() || store.flush_if_due().value()) return 3;
    std::filesystem::remove(disk / "filler");
    live.header().flush_failed_at_millis = 1;
    return store.flush_if_due().value() ? 0 : 4;
  }));
}

TEST_CASE("an_index_that_cannot_be_made_on_a_full_disk_is_a_clear_error") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    fill_disk(disk, 0);
    const auto store = ArtifactStore::open(disk / "cache", manual_flush());
    return !store && store.error().error == Error::no_space ? 0 : 1;
  }));
}

TEST_CASE("a_collection_on_a_full_disk_makes_room_and_leaves_an_index_that_is_sound") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 10;
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    PayloadStore payloads(store);
    write_file(disk / "output", std::string(5000, 'x'));
    const std::vector<OutputFile> outputs{{"output", disk / "output"}};
    const std::string warnings(1500, 'w');
    std::uint64_t count = 0;
    // Long, so that the mark of a removal takes more than a small record.
    const auto key = [](std::uint64_t i) { return "aa" + std::to_string(100'000 + i) + std::string(100, '0'); };
    for (; count < 200; ++count) payloads.put(key(count), outputs, "", warnings).value();
    // Neither a block on the disk nor a byte in the index: a mark of a removal has nowhere to go.
    fill_disk(disk, 0);
    std::uint64_t more = 0;
    result<void> inserted;
    while ((inserted = store.insert(key_of(more), artifact_of(key_of(more), more)))) ++more;
    if (inserted.error().error != Error::no_space) return 1;
    if (store.remove(key(0)).has_value()) return 2;  // else this test shows nothing

    CollectionOptions collection;
    collection.policy = {.max_size = {.bytes = 1}};
    const auto report = collect_garbage(store, collection);
    if (!report) return 3;
    if (report->evicted + report->dangling != count + more) return 4;
    if (!store.empty()) return 5;
    if (!payloads.put(key(0), outputs, "", "")) return 6;
    const auto second = collect_garbage(store, {});
    if (!second || second->orphans != 0 || second->dangling != 0) return 7;
    return payloads.verify(store.find(key(0))).value() ? 0 : 8;
  }));
}
