// Recovery from two snapshots that may be anything: what it takes is whole, and all of it is in the index that it makes.
#include "recovery/recovery.hpp"

#include <map>

#include "fuzz.hpp"
#include "recovery/salvage.hpp"
#include "snapshot_seals.hpp"

using namespace zccache;

namespace {

void write_snapshot(const std::filesystem::path& path, std::span<const std::byte> bytes, std::uint8_t seals) {
  fuzz::Aligned file(bytes);
  fuzz::seal_snapshot(file.bytes(), seals);
  test::write_file(path, file.text());
}

using Newest = std::map<std::string_view, const format::RecordHeader*>;

Newest newest_of(const Salvage& salvage) {
  Newest newest;
  for (const format::RecordHeader* record : salvage.records()) {
    fuzz::read_parts(*record);
    const auto [place, is_new] = newest.try_emplace(format::key_of(*record), record);
    if (!is_new && format::is_newer(*record, *place->second)) place->second = record;
  }
  return newest;
}

void recover(const CacheDirectory& directory) {
  OpenOptions options;
  options.allow_any_filesystem = true;
  options.initial_segment_bytes = 1;
  const Salvage salvage(directory);
  const Newest newest = newest_of(salvage);
  const auto held = HeldDirectory::open(directory.path(), options.lock_timeout);
  EXPECT(held.has_value());
  const auto live = rebuild(*held, BootId{}, options, Distrust::none, Predecessor::none());
  EXPECT(live.has_value());
  std::size_t found = 0;
  live->for_each([&](const format::RecordHeader& record) {
    fuzz::read_parts(record);
    EXPECT(newest.contains(format::key_of(record)));
    ++found;
    return true;
  });
  EXPECT(found == salvage.count_entries());
  for (const auto& [key, record] : newest) {
    const format::RecordHeader* kept = live->find(key);
    EXPECT(format::is_tombstone(*record) ? kept == nullptr : kept != nullptr && kept->sequence == record->sequence);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TempDir temp;
  const CacheDirectory directory(temp.path());
  std::filesystem::remove(directory.live());
  std::filesystem::remove_all(directory.quarantine());
  fuzz::Input input(data, size);
  const auto seals = input.take<std::uint8_t>();
  const auto first = input.take<std::uint16_t>();
  write_snapshot(directory.snapshot(), input.take_bytes(first), seals & 15);
  write_snapshot(directory.previous_snapshot(), input.rest(), seals >> 4);
  recover(directory);
  return 0;
}
