// Packs: all outputs of an entry in one file, served whole or not at all, in one directory with flat payloads.
#include <fcntl.h>
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "payload/staging.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "0123abcd";

struct Scene {
  TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  fs::path restored = temp.path() / "restored";
  Scene() { fs::create_directory(restored); }

  void put(const std::vector<std::string>& contents, PayloadLayout layout, const char* key = kKey) {
    std::vector<OutputFile> outputs;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      outputs.push_back({std::to_string(i), temp.path() / ("source" + std::to_string(i))});
      write_file(outputs.back().path, contents[i]);
    }
    REQUIRE(PayloadStore(store, layout).put(key, outputs, "out", "err"));
  }
  result<Restored> restore(std::size_t outputs, Materialize how = Materialize::copy) {
    std::vector<OutputFile> wanted;
    for (std::size_t i = 0; i < outputs; ++i) wanted.push_back({std::to_string(i), restored / std::to_string(i)});
    return PayloadStore(store).restore(store.find(kKey), wanted, how);
  }
  [[nodiscard]] bool is_restored(const std::vector<std::string>& contents) const {
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (read_file(restored / std::to_string(i)) != contents[i]) return false;
    }
    return true;
  }
  [[nodiscard]] fs::path pack() const { return temp.cache() / "objects" / "01" / "0123abcd.pack"; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(temp.cache() / "objects")) {
      if (!entry.is_directory()) files.push_back(entry.path().filename());
    }
    std::ranges::sort(files);
    return files;
  }
};

}  // namespace

TEST_CASE("a_pack_is_one_file_and_gives_back_every_output_byte_for_byte") {
  const std::vector<std::string> contents{"object", "", std::string(300'000, 'x'), std::string("\0\n", 2)};
  Scene scene;
  scene.put(contents, PayloadLayout::pack);
  CHECK(scene.files() == std::vector<std::string>{"0123abcd.pack"});
  CHECK(scene.restore(4).value() == Restored::hit);
  CHECK(scene.is_restored(contents));
  CHECK(PayloadStore(scene.store).verify(scene.store.find(kKey)).value());
  CHECK(PayloadStore(scene.store).has_files(scene.store.find(kKey)));
  CHECK(fs::status(scene.pack()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a_pack_with_any_bit_flipped_is_damage_and_restores_nothing") {
  Scene scene;
  scene.put({"object", "deps"}, PayloadLayout::pack);
  const std::string whole = read_file(scene.pack());
  const Artifact artifact = *scene.store.get(kKey);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << bit % 8);
    write_file(scene.pack(), damaged);
    REQUIRE(scene.store.insert(kKey, artifact));
    CHECK_FALSE(PayloadStore(scene.store).verify(scene.store.find(kKey)).value());
    CHECK(scene.restore(2).value() == Restored::damaged);
    CHECK(fs::is_empty(scene.restored));
    CHECK_FALSE(fs::exists(scene.pack()));
  }
}

TEST_CASE("a_pack_that_is_cut_longer_or_of_another_key_is_damage") {
  for (const int how : {0, 1, 2, 3}) {
    CAPTURE(how);
    Scene scene;
    scene.put({"object", "deps"}, PayloadLayout::pack);
    if (how == 0) fs::resize_file(scene.pack(), fs::file_size(scene.pack()) - 1);
    if (how == 1) fs::resize_file(scene.pack(), fs::file_size(scene.pack()) + 1);
    if (how == 2) fs::resize_file(scene.pack(), 0);
    if (how == 3) {
      scene.put({"object", "deps"}, PayloadLayout::pack, "0123ffff");
      fs::rename(scene.temp.cache() / "objects" / "01" / "0123ffff.pack", scene.pack());
    }
    CHECK(scene.restore(2).value() == Restored::damaged);
  }
}

TEST_CASE("automatic_packs_several_small_outputs_and_nothing_else") {
  CHECK(is_packed(PayloadLayout::automatic, {}, 2, 1000));
  CHECK(is_packed(PayloadLayout::automatic, {}, 5, 256 << 10));
  CHECK_FALSE(is_packed(PayloadLayout::automatic, {}, 2, (256 << 10) + 1));
  CHECK_FALSE(is_packed(PayloadLayout::automatic, {}, 1, 1000));
  CHECK_FALSE(is_packed(PayloadLayout::automatic, {}, 0, 0));
  CHECK_FALSE(is_packed(PayloadLayout::flat, {}, 2, 1000));
  CHECK(is_packed(PayloadLayout::pack, {}, 1, 64 << 20));
  CHECK_FALSE(is_packed(PayloadLayout::pack, {}, 1, (64 << 20) + 1));
}

TEST_CASE("an_entry_that_is_stored_again_in_another_layout_leaves_no_file_of_the_former") {
  Scene scene;
  scene.put({"old object", "old deps"}, PayloadLayout::flat);
  scene.put({"object"}, PayloadLayout::pack);
  CHECK(scene.files() == std::vector<std::string>{"0123abcd.pack"});
  scene.put({"new object", "new deps"}, PayloadLayout::flat);
  CHECK(scene.files() == std::vector<std::string>{"0123abcd_0", "0123abcd_1"});
  CHECK(scene.restore(2).value() == Restored::hit);
  CHECK(scene.is_restored({"new object", "new deps"}));
}

TEST_CASE("where_both_layouts_are_there_the_one_that_is_what_the_entry_says_is_served") {
  const std::vector<std::string> all{"object", "deps"};
  const std::vector<std::string> all_before{"OBJECT", "DEPS"};
  for (const std::size_t count : {1, 2}) {
    const std::vector<std::string> contents(all.begin(), all.begin() + count);
    for (const PayloadLayout layout : {PayloadLayout::flat, PayloadLayout::pack}) {
      Scene scene;
      scene.put({all_before.begin(), all_before.begin() + count}, layout == PayloadLayout::flat ? PayloadLayout::pack : PayloadLayout::flat);
      fs::copy(scene.temp.cache() / "objects", scene.temp.path() / "kept", fs::copy_options::recursive);
      scene.put(contents, layout);
      fs::copy(scene.temp.path() / "kept", scene.temp.cache() / "objects", fs::copy_options::recursive | fs::copy_options::skip_existing);
      CHECK(scene.files().size() == count + 1);
      for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
        CHECK(scene.restore(count, how).value() == Restored::hit);
        CHECK(scene.is_restored(contents));
      }
    }
  }
}

TEST_CASE("a_packed_output_is_copied_where_a_link_is_asked_for") {
  Scene scene;
  scene.put({"object", "deps"}, PayloadLayout::pack);
  CHECK(scene.restore(2, Materialize::hard_link).value() == Restored::hit);
  CHECK(scene.is_restored({"object", "deps"}));
  CHECK(fs::hard_link_count(scene.pack()) == 1);
}

TEST_CASE("packs_are_counted_evicted_and_removed_when_nothing_points_to_them") {
  Scene scene;
  scene.put({"object", "deps"}, PayloadLayout::pack);
  fs::copy_file(scene.pack(), scene.pack().parent_path() / "0123ffff.pack");
  CollectionOptions options;
  options.policy.max_size = {};
  const CollectionReport clean = collect_garbage(scene.store, options).value();
  CHECK(clean.orphans == 1);
  CHECK(clean.dangling == 0);
  CHECK(scene.files() == std::vector<std::string>{"0123abcd.pack"});
  options.policy.max_size = {.bytes = 1};
  const CollectionReport evicted = collect_garbage(scene.store, options).value();
  CHECK(evicted.evicted == 1);
  CHECK(scene.files().empty());
}

TEST_CASE("a_layout_is_known_by_its_name") {
  CHECK(parse_payload_layout("flat") == PayloadLayout::flat);
  CHECK(parse_payload_layout("pack") == PayloadLayout::pack);
  CHECK(parse_payload_layout("auto") == PayloadLayout::automatic);
  CHECK_FALSE(parse_payload_layout("Pack"));
}
