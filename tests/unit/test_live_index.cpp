// A lookup in a live index that this process has looked in before.
#include "live/live_index.hpp"

#include "history.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("a_link_that_goes_a_few_bytes_astray_after_its_record_was_checked_leads_to_nothing") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  // Read from eight bytes on, the sizes of these texts are the size of the key, and more outputs than the file has bytes.
  Artifact artifact = artifact_of("key", 1);
  artifact.stdout_bytes.assign(std::size_t{3} << 16, 'o');
  artifact.stderr_bytes.assign(std::size_t{1} << 24, 'e');
  REQUIRE(store.insert("key", artifact));
  REQUIRE(store.find("key"));
  const MappedFile file{temp.cache() / "index.live"};
  auto& slot = *reinterpret_cast<std::atomic<std::int64_t>*>(file.bytes().data() + file.header().pending.slot_offset);
  const std::int64_t right = slot;
  for (std::int64_t astray = -64; astray <= 64; ++astray) {
    CAPTURE(astray);
    slot = right + astray;
    CHECK(static_cast<bool>(store.find("key")) == (astray == 0));
  }
  slot = right;
}
