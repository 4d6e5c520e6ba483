// Recovery from two snapshots that may be anything: what it takes is whole, and all of it is in the index that it makes.
#include "recovery/recovery.hpp"

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

void recover(const CacheDirectory& directory) {
  const BootId boot{};
  OpenOptions options;
  options.allow_any_filesystem = true;
  options.initial_segment_bytes = 1;
  const Salvage salvage(directory);
  const auto live = rebuild(directory, boot, options, Distrust::none);
  EXPECT(live.has_value());
  std::size_t found = 0;
  live->for_each([&](const format::RecordHeader& record) {
    fuzz::read_parts(record);
    EXPECT(salvage.records().contains(format::key_of(record)));
    ++found;
    return true;
  });
  EXPECT(found == salvage.records().size());
  for (const auto& [key, record] : salvage.records()) {
    fuzz::read_parts(*record);
    const format::RecordHeader* kept = live->find(key);
    EXPECT(kept != nullptr && kept->sequence == record->sequence);
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
