// A put or an import that fails, at whatever step and for whatever reason, leaves the entries that there were: served whole.
#include <zccache/payload_store.hpp>

#include <array>
#include <string>
#include <vector>

#include "catch.hpp"
#include "process/faults.hpp"
#include "process/small_disk.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

const std::string kKey = key_of(1);
const std::string kOld(5000, 'o');
const std::string kNew(6000, 'n');
constexpr std::size_t kTooLarge = std::size_t{64} << 20;

/// Two outputs, so that one may be in place when the other cannot be put there.
std::vector<OutputFile> outputs_in(const fs::path& folder) { return {{"a.o", folder / "a.o"}, {"a.d", folder / "a.d"}}; }

void compile(const fs::path& folder, const std::string& bytes) {
  for (const OutputFile& output : outputs_in(folder)) write_file(output.path, bytes + output.name);
}
result<void> put_compiled(ArtifactStore& store, PayloadLayout layout, const std::string& diagnostics = {}, const std::string& key = kKey) {
  return PayloadStore(store, layout).put(key, outputs_in(store.directory().parent_path()), {}, diagnostics);
}
result<void> put(ArtifactStore& store, PayloadLayout layout, const std::string& bytes, const std::string& diagnostics = {},
                 const std::string& key = kKey) {
  compile(store.directory().parent_path(), bytes);
  return put_compiled(store, layout, diagnostics, key);
}

/// Whether a hit serves exactly the outputs that were made of `bytes`.
bool serves(ArtifactStore& store, const std::string& bytes, const std::string& key = kKey) {
  const fs::path folder = store.directory().parent_path() / "restored";
  fs::create_directory(folder);
  const auto wanted = outputs_in(folder);
  if (PayloadStore(store).restore(store.find(key), wanted).value() != Restored::hit) return false;
  return read_file(wanted[0].path) == bytes + "a.o" && read_file(wanted[1].path) == bytes + "a.d";
}

std::size_t files_below(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_directory() ? 0 : 1;
  return count;
}

enum Exit { kStored, kRefused };

/// Each call of a put fails once, with each error.
std::uint64_t fail_each_call_of_a_put(PayloadLayout layout, void (*prepare)(const fs::path& dir)) {
  std::uint64_t refused = 0;
  for (const Fault fault : kFaults) {
    for (std::uint64_t n = 0;; ++n) {
      const MemoryDir temp;
      {
        ArtifactStore store = open_small(temp.cache());
        REQUIRE(put(store, layout, kOld));
      }
      prepare(temp.cache());
      const FaultyRun run = run_with_fault(
          [&] {
            ArtifactStore store = open_small(temp.cache());
            compile(temp.path(), kNew);
            begin_watching();
            const bool stored = put_compiled(store, layout).has_value();
            end_watching();
            return stored ? kStored : kRefused;
          },
          n, fault);
      INFO(name_of(fault) << " at call " << n << ", number " << (run.hit ? run.hit->number : -1));
      REQUIRE(run.exit_code <= kRefused);
      ArtifactStore store = open_small(temp.cache());
      REQUIRE(serves(store, run.exit_code == kStored ? kNew : kOld));
      refused += run.exit_code == kRefused ? 1 : 0;
      if (!run.hit) break;
    }
  }
  return refused;
}

void nothing(const fs::path& /*dir*/) {}

const std::array kImported{key_of(1), key_of(2), key_of(3)};

/// A cache with the first two keys, long ago, and one with all of them to be moved into it.
void make_old_and_new(const fs::path& old_dir, const fs::path& new_dir) {
  ArtifactStore old_store = open_small(old_dir);
  for (const std::string& key : {kImported[0], kImported[1]}) {
    // Each has what the other layout does not have.
    REQUIRE(put(old_store, key == kImported[0] ? PayloadLayout::pack : PayloadLayout::flat, kOld, {}, key));
    Artifact artifact = old_store.get(key).value();
    artifact.stored_at_secs -= 1000;
    REQUIRE(old_store.insert(key, artifact));
  }
  fs::create_directories(new_dir.parent_path());
  ArtifactStore new_store = open_small(new_dir);
  for (const std::string& key : kImported) {
    REQUIRE(put(new_store, key == kImported[1] ? PayloadLayout::pack : PayloadLayout::flat, kNew, {}, key));
  }
}

}  // namespace

TEST_CASE("an_entry_whose_replacement_has_too_large_a_record_is_served_as_before") {
  for (const PayloadLayout layout : {PayloadLayout::flat, PayloadLayout::pack}) {
    const TempDir temp;
    ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
    REQUIRE(put(store, layout, kOld));
    const std::size_t files = files_below(temp.cache());
    CHECK(put(store, layout, kNew, std::string(kTooLarge, 'w')).error().error == Error::record_too_large);
    CHECK(serves(store, kOld));
    CHECK(files_below(temp.cache()) == files);
  }
}

TEST_CASE("an_entry_whose_replacement_finds_no_room_in_the_index_is_served_as_before") {
  const TempDir temp;
  const auto disk = temp.path() / "disk";
  expect_success(on_a_small_disk(disk, [&] {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 10;
    ArtifactStore store = ArtifactStore::open(disk / "cache", options).value();
    if (!put(store, PayloadLayout::flat, kOld)) return 1;
    if (!serves(store, kOld)) return 2;
    fill_disk(disk, 100'000);  // enough for the payload
    const std::size_t files = files_below(disk / "cache");
    const auto refused = put(store, PayloadLayout::flat, kNew, std::string(3 << 20, 'w'));
    if (refused || refused.error().error != Error::no_space) return 3;
    if (refused.error().message().find("index") == std::string::npos) return 4;  // else this test shows nothing
    if (!serves(store, kOld)) return 5;
    if (files_below(disk / "cache") != files) return 6;
    fs::remove(disk / "filler");
    if (!put(store, PayloadLayout::flat, kNew)) return 7;
    return serves(store, kNew) && files_below(disk / "cache") == files ? 0 : 8;
  }));
}

TEST_CASE("an_entry_whose_replacement_fails_at_any_system_call_is_served_as_before") {
  for (const PayloadLayout layout : {PayloadLayout::flat, PayloadLayout::pack}) {
    CHECK(fail_each_call_of_a_put(layout, nothing) > 50);
    CHECK(fail_each_call_of_a_put(layout, [](const fs::path& dir) { use_up_blocks(dir); }) > 50);
  }
}

TEST_CASE("entries_whose_import_fails_at_any_system_call_are_served_as_before") {
  std::uint64_t refused = 0;
  for (const Fault fault : kFaults) {
    for (std::uint64_t n = 0;; ++n) {
      const MemoryDir temp;
      const fs::path aside = temp.path() / "aside" / "cache";
      make_old_and_new(temp.cache(), aside);
      const FaultyRun run = run_with_fault(
          [&] {
            ArtifactStore store = open_small(temp.cache());
            const ArtifactStore staged = open_small(aside);
            begin_watching();
            const bool imported = PayloadStore(store).move_in(staged).has_value();
            end_watching();
            return imported ? kStored : kRefused;
          },
          n, fault);
      INFO(name_of(fault) << " at call " << n << ", number " << (run.hit ? run.hit->number : -1));
      REQUIRE(run.exit_code <= kRefused);
      const bool imported = run.exit_code == kStored;
      ArtifactStore store = open_small(temp.cache());
      REQUIRE(store.size() == (imported ? 3 : 2));
      for (const std::string& key : {kImported[0], kImported[1]}) REQUIRE(serves(store, imported ? kNew : kOld, key));
      if (imported) REQUIRE(serves(store, kNew, kImported[2]));
      refused += imported ? 0 : 1;
      if (!run.hit) break;
    }
  }
  CHECK(refused > 50);
}
