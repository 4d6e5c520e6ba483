// A snapshot that may be anything, and one that somebody made who can compute checksums: opened, searched, read through.
#include "snapshot/snapshot_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.hpp"
#include "snapshot_seals.hpp"

using namespace zccache;

namespace {

void read(const std::filesystem::path& path) {
  const auto snapshot = SnapshotReader::open(path);
  if (!snapshot) {
    EXPECT(snapshot.error().error == Error::corrupt || snapshot.error().error == Error::version_mismatch);
    return;
  }
  std::vector<std::string> keys{"an absent key"};
  snapshot->for_each([&](const format::RecordHeader& record) {
    fuzz::read_parts(record);
    keys.emplace_back(format::key_of(record));
    return true;
  });
  if (!snapshot->intact()) return;
  for (const std::string& key : keys) {
    const format::RecordHeader* found = snapshot->find(key);
    if (found == nullptr) continue;
    EXPECT(format::key_of(*found) == key);
    fuzz::read_parts(*found);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TempDir temp;
  const auto path = temp.path() / "index.snap";
  fuzz::Input input(data, size);
  const auto seals = input.take<std::uint8_t>();
  fuzz::Aligned file(input.rest());
  fuzz::seal_snapshot(file.bytes(), seals);
  test::write_file(path, file.text());
  read(path);
  return 0;
}
