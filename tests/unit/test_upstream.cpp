// A cache directory below one's own: read through its snapshot, copied up, never written.
#include <sys/stat.h>
#include <zccache/payload_store.hpp>

#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "0123abcd";

OpenOptions of_upstream() {
  OpenOptions options = read_only();
  options.snapshot_only = true;
  return options;
}

/// A flushed upstream with one entry of two outputs, and an empty cache.
struct Scene {
  TempDir temp;
  fs::path upstream = temp.path() / "upstream";
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  explicit Scene(PayloadLayout layout = PayloadLayout::flat) {
    write_file(temp.path() / "a.o", "object");
    write_file(temp.path() / "a.d", "deps");
    ArtifactStore above = ArtifactStore::open(upstream, manual_flush()).value();
    REQUIRE(
        PayloadStore(above, layout).put(kKey, std::vector<OutputFile>{{"a.o", temp.path() / "a.o"}, {"a.d", temp.path() / "a.d"}}, "o", "e"));
    REQUIRE(above.flush());
  }
  [[nodiscard]] ArtifactStore above() const { return ArtifactStore::open(upstream, of_upstream()).value(); }
};

}  // namespace

TEST_CASE("an_entry_of_an_upstream_is_copied_up_whole_whatever_the_layouts") {
  for (const PayloadLayout there : {PayloadLayout::flat, PayloadLayout::pack}) {
    for (const PayloadLayout here : {PayloadLayout::flat, PayloadLayout::pack}) {
      Scene scene(there);
      CHECK(PayloadStore(scene.store, here).copy_up(scene.above(), kKey).value());
      fs::remove_all(scene.upstream);
      const std::vector<OutputFile> wanted{{"a.o", scene.temp.path() / "r.o"}, {"a.d", scene.temp.path() / "r.d"}};
      CHECK(PayloadStore(scene.store).restore(scene.store.find(kKey), wanted).value() == Restored::hit);
      CHECK(read_file(scene.temp.path() / "r.o") == "object");
      CHECK(read_file(scene.temp.path() / "r.d") == "deps");
      CHECK(scene.store.find(kKey).stdout_bytes() == "o");
    }
  }
}

TEST_CASE("what_an_upstream_has_not_or_not_whole_is_not_copied") {
  Scene scene;
  PayloadStore payloads(scene.store);
  CHECK_FALSE(payloads.copy_up(scene.above(), "ffff").value());
  write_file(scene.upstream / "objects" / "01" / "0123abcd_1", "DEPS");
  CHECK_FALSE(payloads.copy_up(scene.above(), kKey).value());
  CHECK(scene.store.empty());
  CHECK_FALSE(fs::exists(scene.temp.cache() / "objects"));
}

TEST_CASE("an_upstream_is_searched_through_its_snapshot_and_may_belong_to_somebody_else") {
  const Scene scene;
  {
    ArtifactStore writer = ArtifactStore::open(scene.upstream, manual_flush()).value();
    REQUIRE(writer.remove(kKey));  // not flushed
  }
  CHECK(scene.above().find(kKey));
  CHECK_FALSE(ArtifactStore::open(scene.upstream, read_only())->find(kKey));
  REQUIRE(::chmod(scene.upstream.c_str(), 0770) == 0);
  CHECK(scene.above().find(kKey));
  CHECK(ArtifactStore::open(scene.upstream, read_only()).error().error == Error::directory_untrusted);
  REQUIRE(::chmod(scene.upstream.c_str(), 0777) == 0);
  CHECK(ArtifactStore::open(scene.upstream, of_upstream()).error().error == Error::directory_untrusted);
  CHECK(ArtifactStore::open(scene.temp.path() / "missing", of_upstream()).error().error == Error::not_found);
}
