// Compressed packs: smaller on disk, the same when served, and never a reason to take memory that the record does not account for.
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "catch.hpp"
#include "format/hash.hpp"
#include "format/layout.hpp"
#include "payload/compression.hpp"
#include "support.hpp"
#include "unit/captured_log.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "0123abcd";
constexpr Compression kZstd{.level = 3};

std::string repetitive(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(text.size() % 97) + "\n";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 6364136223846793005U + 1442695040888963407U) >> 56);
  return bytes;
}

struct Scene {
  TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();

  void put(const std::vector<std::string>& contents, PayloadLayout layout = PayloadLayout::pack, Compression compression = kZstd) {
    std::vector<OutputFile> outputs;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      outputs.push_back({std::to_string(i), temp.path() / ("source" + std::to_string(i))});
      write_file(outputs.back().path, contents[i]);
    }
    REQUIRE(PayloadStore(store, layout, compression).put(kKey, outputs, "out", "err"));
  }
  result<Restored> restore(std::size_t outputs) {
    std::vector<OutputFile> wanted;
    for (std::size_t i = 0; i < outputs; ++i) wanted.push_back({std::to_string(i), temp.path() / ("restored" + std::to_string(i))});
    return PayloadStore(store).restore(store.find(kKey), wanted);
  }
  [[nodiscard]] bool is_restored(const std::vector<std::string>& contents) const {
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (read_file(temp.path() / ("restored" + std::to_string(i))) != contents[i]) return false;
    }
    return true;
  }
  [[nodiscard]] fs::path pack() const { return temp.cache() / "objects" / "01" / "0123abcd.pack"; }
};

/// The pack of one output "aaaa…", 200 bytes, as level 3 writes it. For ever: what one version has written, all later ones read.
std::string golden_frame() { return std::string("\x28\xb5\x2f\xfd\x20\xc8\x4d\x00\x00\x10\x61\x61\x01\x00\x43\x0a\x60\x01", 18); }

/// A pack whose front is right, to the last bit, and says what `flags` say.
std::string pack_of(const std::string& content, std::uint16_t flags, const std::string& data) {
  const format::Key128 key = format::hash_key(kKey);
  const format::Key128 digest = format::hash_key(content);  // the same hash
  const format::PackEntry row{.size = content.size(), .digest_low = digest.low, .digest_high = digest.high};
  format::PackHeader header{.magic = format::kPackMagic,
                            .version = format::kPackVersion,
                            .flags = flags,
                            .output_count = 1,
                            .key_low = key.low,
                            .key_high = key.high,
                            .checksum = format::checksum64(&row, sizeof row)};
  header.checksum = format::checksum64(&header, sizeof header);
  std::string pack(sizeof header + sizeof row, '\0');
  std::memcpy(pack.data(), &header, sizeof header);
  std::memcpy(pack.data() + sizeof header, &row, sizeof row);
  return pack + data;
}

/// Most memory that this process has had in RAM at once, in bytes, since the last call of forget_peak().
std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace

TEST_CASE("a_compressed_pack_is_smaller_and_gives_back_every_output_byte_for_byte") {
  if (!can_compress()) return;
  const std::vector<std::string> contents{repetitive(100'000), "", repetitive(3), noise(1000)};
  for (const PayloadLayout layout : {PayloadLayout::pack, PayloadLayout::automatic}) {
    Scene scene;
    scene.put(contents, layout);
    CHECK(fs::file_size(scene.pack()) < 20'000);
    CHECK(scene.store.find(kKey).total_size() == 101'003);
    CHECK(scene.restore(4).value() == Restored::hit);
    CHECK(scene.is_restored(contents));
    CHECK(PayloadStore(scene.store).verify(scene.store.find(kKey)).value());
  }
}

TEST_CASE("one_output_is_packed_where_it_is_to_be_compressed_unless_all_are_to_be_flat") {
  if (!can_compress()) return;
  Scene scene;
  scene.put({repetitive(1'000'000)}, PayloadLayout::automatic);
  CHECK(fs::file_size(scene.pack()) < 100'000);
  CHECK(scene.restore(1).value() == Restored::hit);
  scene.put({repetitive(1'000'000)}, PayloadLayout::flat);
  CHECK_FALSE(fs::exists(scene.pack()));
}

TEST_CASE("what_does_not_get_smaller_is_packed_as_it_is") {
  Scene scene;
  scene.put({noise(10'000)});
  CHECK(read_file(scene.pack()) == pack_of(noise(10'000), 0, noise(10'000)));
  CHECK(scene.restore(1).value() == Restored::hit);
  scene.put({""});
  CHECK(read_file(scene.pack()) == pack_of("", 0, ""));
  CHECK(scene.restore(1).value() == Restored::hit);
}

TEST_CASE("compressed_and_other_payloads_are_served_by_whoever_looks_and_copied_up_as_the_copier_likes") {
  if (!can_compress()) return;
  const std::vector<std::string> contents{repetitive(5000), repetitive(100)};
  Scene above;
  above.put(contents);
  Scene below;
  REQUIRE(PayloadStore(below.store, PayloadLayout::flat).copy_up(above.store, kKey).value());
  CHECK_FALSE(fs::exists(below.pack()));
  CHECK(below.restore(2).value() == Restored::hit);
  CHECK(below.is_restored(contents));
  below.put(contents);
  CHECK(fs::exists(below.pack()));
  CHECK(below.restore(2).value() == Restored::hit);
}

TEST_CASE("a_compressed_pack_with_any_bit_flipped_is_damage_or_serves_the_right_bytes") {
  if (!can_compress()) return;
  const std::vector<std::string> contents{repetitive(300), repetitive(40)};
  Scene scene;
  scene.put(contents);
  const std::string whole = read_file(scene.pack());
  const Artifact artifact = *scene.store.get(kKey);
  std::size_t damaged_ones = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << bit % 8);
    write_file(scene.pack(), damaged);
    REQUIRE(scene.store.insert(kKey, artifact));
    const Restored restored = scene.restore(2).value();
    damaged_ones += restored == Restored::damaged ? 1 : 0;
    CHECK((restored == Restored::damaged || scene.is_restored(contents)));
  }
  CHECK(damaged_ones > (whole.size() - 4) * 8);  // a frame has a few bits that say nothing
}

TEST_CASE("a_compressed_pack_that_is_cut_is_damage") {
  if (!can_compress()) return;
  Scene scene;
  scene.put({repetitive(3000)});
  fs::resize_file(scene.pack(), fs::file_size(scene.pack()) - 1);
  CHECK(scene.restore(1).value() == Restored::damaged);
}

TEST_CASE("a_frame_of_another_size_than_the_record_says_is_damage_and_takes_no_memory") {
  if (!can_compress()) return;
  const std::vector<std::byte> zeros(std::size_t{48} << 20);
  const auto bomb = compress(zeros, 3);
  REQUIRE(bomb);
  REQUIRE(bomb->size() < 10'000);
  const std::string content = repetitive(20'000);
  Scene scene;
  scene.put({content});
  write_file(scene.pack(), pack_of(content, format::kPackZstd, std::string(reinterpret_cast<const char*>(bomb->data()), bomb->size())));
  forget_peak();
  const std::uint64_t before = peak_memory();
  CHECK(scene.restore(1).value() == Restored::damaged);
  CHECK(peak_memory() - before < std::uint64_t{8} << 20);

  scene.put({content});
  // A frame that says of itself that it has 2^60 bytes.
  write_file(scene.pack(),
             pack_of(content, format::kPackZstd, std::string("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00", 16)));
  CHECK(scene.restore(1).value() == Restored::damaged);
}

TEST_CASE("what_an_earlier_version_has_compressed_is_served_or_without_zstd_a_miss_that_leaves_it_alone") {
  const std::string content(200, 'a');
  Scene scene;
  scene.put({content}, PayloadLayout::pack, {});
  write_file(scene.pack(), pack_of(content, format::kPackZstd, golden_frame()));
  CapturedLog log;
  CHECK(scene.restore(1).value() == (can_compress() ? Restored::hit : Restored::miss));
  CHECK(scene.store.find(kKey));
  CHECK(fs::exists(scene.pack()));
  CHECK((log.warnings() == 0) == can_compress());
}

TEST_CASE("a_pack_with_a_flag_that_is_not_known_is_a_miss_that_says_why_and_leaves_it_alone") {
  const std::string content = repetitive(100);
  Scene scene;
  scene.put({content}, PayloadLayout::pack, {});
  write_file(scene.pack(), pack_of(content, 0x4000, content));
  CapturedLog log;
  CHECK(scene.restore(1).value() == Restored::miss);
  CHECK(scene.store.find(kKey));
  CHECK(fs::exists(scene.pack()));
  CHECK(log.warned_of("0123abcd.pack: written by another format version"));
  CHECK(PayloadStore(scene.store).verify(scene.store.find(kKey)).error().error == Error::version_mismatch);
}

TEST_CASE("a_compression_is_known_by_its_name") {
  CHECK(parse_compression("off")->level == 0);
  CHECK(parse_compression("zstd")->level == 3);
  CHECK(parse_compression("1")->level == 1);
  CHECK(parse_compression("19")->level == 19);
  for (const char* wrong : {"", "0", "20", "-1", "3x", "gzip", "ZSTD"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_compression(wrong));
  }
}
