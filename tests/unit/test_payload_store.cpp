// Payload files: stored whole, served whole or not at all, and never anywhere but where they belong.
#include <zccache/payload_store.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <functional>
#include <vector>

#include "catch.hpp"
#include "modes.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "0123abcd";

std::size_t files_below(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_directory() ? 0 : 1;
  return count;
}

std::string bytes_of_size(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
  return bytes;
}

/// A cache, a folder of outputs to store, and one to restore them to.
struct Scene {
  TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  PayloadStore payloads{store};
  fs::path build = temp.path() / "build";
  fs::path restored = temp.path() / "restored";

  Scene() {
    fs::create_directory(build);
    fs::create_directory(restored);
  }

  OutputFile output(const std::string& name, std::string_view bytes) const {
    write_file(build / name, bytes);
    return {name, build / name};
  }
  OutputFile wanted(const std::string& name) const { return {name, restored / name}; }
  result<void> put(const std::vector<OutputFile>& outputs, std::string_view key = kKey) { return payloads.put(key, outputs, "out", "err"); }
  result<Restored> restore(const std::vector<OutputFile>& outputs, Materialize how = Materialize::copy) {
    return payloads.restore(store.find(kKey), outputs, how);
  }
  [[nodiscard]] fs::path payload(std::size_t i = 0) const { return payloads.path_of(kKey, i); }
};

/// Ways for a payload not to be what was stored.
const std::vector<std::function<void(const fs::path&)>>& damages() {
  static const std::vector<std::function<void(const fs::path&)>> kDamages{
      [](const fs::path& payload) { fs::remove(payload); },
      [](const fs::path& payload) { fs::resize_file(payload, fs::file_size(payload) - 1); },
      [](const fs::path& payload) { fs::resize_file(payload, fs::file_size(payload) + 1); },
      [](const fs::path& payload) { fs::resize_file(payload, 0); },
      [](const fs::path& payload) {
        std::string bytes = read_file(payload);
        bytes.back() ^= 1;
        write_file(payload, bytes);
      },
      [](const fs::path& payload) {
        fs::rename(payload, payload.string() + ".moved");  // the same bytes, but through a link
        fs::create_symlink(payload.string() + ".moved", payload);
      },
      [](const fs::path& payload) {
        fs::remove(payload);
        fs::create_directory(payload);
      },
      [](const fs::path& payload) {
        fs::remove(payload);
        REQUIRE(::mkfifo(payload.c_str(), 0600) == 0);
      },
  };
  return kDamages;
}

}  // namespace

TEST_CASE("what_was_put_is_restored_with_all_that_was_said_about_it") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object"), scene.output("a.d", "a.o: a.c")}));
  const ArtifactView entry = scene.store.find(kKey);
  REQUIRE(entry);
  CHECK(entry.output_count() == 2);
  CHECK(entry.total_size() == 6 + 8);
  CHECK(entry.stdout_bytes() == "out");
  CHECK(entry.stderr_bytes() == "err");
  CHECK(scene.payload(1) == scene.temp.cache() / "objects" / "01" / "0123abcd_1");
  CHECK(scene.payloads.verify(entry).value());
  CHECK(scene.restore({scene.wanted("a.d"), scene.wanted("a.o")}).value() == Restored::hit);
  CHECK(read_file(scene.restored / "a.o") == "object");
  CHECK(read_file(scene.restored / "a.d") == "a.o: a.c");
  CHECK(files_below(scene.temp.cache() / "objects") == 2);
  CHECK(files_below(scene.restored) == 2);
}

TEST_CASE("an_output_with_the_longest_name_that_a_file_can_have_is_stored_and_restored") {
  Scene scene;
  const std::string name(NAME_MAX, 'a');
  REQUIRE(scene.put({scene.output(name, "object")}));
  for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
    CHECK(scene.restore({scene.wanted(name)}, how).value() == Restored::hit);
    CHECK(read_file(scene.restored / name) == "object");
  }
}

TEST_CASE("payloads_of_every_size_come_back_byte_for_byte") {
  constexpr std::size_t kChunk = 128 << 10;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1, 3 * kChunk + 5}) {
    CAPTURE(size);
    Scene scene;
    REQUIRE(scene.put({scene.output("a.o", bytes_of_size(size))}));
    CHECK(scene.store.find(kKey).output_size(0) == size);
    CHECK(scene.restore({scene.wanted("a.o")}).value() == Restored::hit);
    CHECK(read_file(scene.restored / "a.o") == bytes_of_size(size));
  }
}

TEST_CASE("payloads_come_from_and_go_to_other_file_systems") {
  struct stat here {
  }, there{};
  Scene scene;
  if (::stat("/dev/shm", &there) != 0 || ::stat(scene.build.c_str(), &here) != 0 || here.st_dev == there.st_dev ||
      ::access("/dev/shm", W_OK) != 0) {
    WARN("skipped: no second file system here");
    return;
  }
  std::string pattern = "/dev/shm/zccache-test-XXXXXX";
  const fs::path shm = ::mkdtemp(pattern.data());
  const std::string bytes = bytes_of_size(300'000);
  write_file(shm / "a.o", bytes);
  REQUIRE(scene.put({{"a.o", shm / "a.o"}}));
  for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
    fs::remove(shm / "a.o");
    CHECK(scene.restore({{"a.o", shm / "a.o"}}, how).value() == Restored::hit);
    CHECK(read_file(shm / "a.o") == bytes);
  }
  fs::remove_all(shm);
}

TEST_CASE("a_payload_that_is_not_what_was_stored_is_a_miss_that_removes_the_entry") {
  for (const auto& damage : damages()) {
    Scene scene;
    REQUIRE(scene.put({scene.output("a.o", "object")}));
    damage(scene.payload());
    CHECK_FALSE(scene.payloads.verify(scene.store.find(kKey)).value());
    CHECK(scene.store.find(kKey));  // looking changes nothing
    write_file(scene.restored / "a.o", "before");
    CHECK(scene.restore({scene.wanted("a.o")}).value() == Restored::damaged);
    CHECK(read_file(scene.restored / "a.o") == "before");
    CHECK(files_below(scene.restored) == 1);
    CHECK_FALSE(scene.store.find(kKey));
    CHECK(scene.restore({scene.wanted("a.o")}).value() == Restored::miss);
  }
}

TEST_CASE("a_damaged_payload_takes_the_other_files_of_its_entry_with_it") {
  for (const std::size_t damaged : {0U, 1U, 2U}) {
    Scene scene;
    REQUIRE(scene.put({scene.output("a.o", "object"), scene.output("a.d", "deps"), scene.output("a.su", "stack")}));
    REQUIRE(scene.payloads.put("4567cdef", std::vector<OutputFile>{scene.output("b.o", "another")}, {}, {}));
    write_file(scene.payload(damaged), "not what was stored");
    CHECK(scene.restore({scene.wanted("a.o"), scene.wanted("a.d"), scene.wanted("a.su")}).value() == Restored::damaged);
    CHECK_FALSE(scene.store.find(kKey));
    CHECK(files_below(scene.temp.cache() / "objects") == 1);
    CHECK(scene.payloads.verify(scene.store.find("4567cdef")).value());
  }
}

TEST_CASE("several_outputs_are_restored_together_or_not_at_all") {
  for (const auto& damage : damages()) {
    for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
      Scene scene;
      REQUIRE(scene.put({scene.output("a.o", "object"), scene.output("a.d", "deps")}));
      damage(scene.payload(1));
      write_file(scene.restored / "a.o", "before");
      CHECK(scene.restore({scene.wanted("a.o"), scene.wanted("a.d")}, how).value() == Restored::damaged);
      CHECK(read_file(scene.restored / "a.o") == "before");
      CHECK(files_below(scene.restored) == 1);
    }
  }
}

TEST_CASE("an_output_that_the_entry_does_not_have_is_a_miss_that_touches_nothing") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object")}));
  CHECK(scene.restore({scene.wanted("a.o"), scene.wanted("a.dwo")}).value() == Restored::miss);
  CHECK(files_below(scene.restored) == 0);
  CHECK(scene.store.find(kKey));
  CHECK(scene.payloads.restore(scene.store.find("absent"), std::vector<OutputFile>{}).value() == Restored::miss);
}

TEST_CASE("a_missing_destination_folder_is_an_error_that_leaves_nothing_behind") {
  for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
    Scene scene;
    REQUIRE(scene.put({scene.output("a.o", "object"), scene.output("a.d", "deps")}));
    const std::size_t in_cache = files_below(scene.temp.cache());
    const auto restored = scene.restore({scene.wanted("a.o"), {"a.d", scene.restored / "missing" / "a.d"}}, how);
    CHECK(restored.error().error == Error::not_found);
    CHECK(files_below(scene.restored) == 0);
    CHECK(files_below(scene.temp.cache()) == in_cache);
    CHECK(scene.store.find(kKey));  // the payloads are good
  }
}

TEST_CASE("an_output_that_cannot_be_read_is_an_error_that_leaves_nothing_behind") {
  Scene scene;
  const OutputFile good = scene.output("a.o", "object");
  CHECK(scene.put({good, {"a.d", scene.build / "missing"}}).error().error == Error::not_found);
  CHECK(scene.put({good, {"a.d", scene.build}}).error().error == Error::invalid_artifact);
  REQUIRE(::mkfifo((scene.build / "fifo").c_str(), 0600) == 0);
  CHECK(scene.put({good, {"a.d", scene.build / "fifo"}}).error().error == Error::invalid_artifact);
  CHECK(scene.store.empty());
  CHECK_FALSE(fs::exists(scene.temp.cache() / "objects"));
}

TEST_CASE("an_output_behind_a_symlink_is_stored") {
  Scene scene;
  const OutputFile real = scene.output("real.o", "object");
  fs::create_symlink(real.path, scene.build / "link.o");
  REQUIRE(scene.put({{"link.o", scene.build / "link.o"}}));
  CHECK(scene.restore({scene.wanted("link.o")}).value() == Restored::hit);
  CHECK(read_file(scene.restored / "link.o") == "object");
}

TEST_CASE("names_that_could_lead_out_of_their_folder_are_refused") {
  Scene scene;
  const fs::path file = scene.output("a.o", "object").path;
  for (const std::string& name :
       {std::string(), std::string("/a.o"), std::string(".."), std::string("../a.o"), std::string("a/../../b"), std::string("a\0.o", 4)}) {
    CAPTURE(name);
    CHECK(scene.put({{name, file}}).error().error == Error::invalid_artifact);
  }
  CHECK(scene.store.empty());
  CHECK(scene.put({{"sub/folder/a..o", file}}));
}

TEST_CASE("keys_that_are_not_hex_are_refused") {
  Scene scene;
  const OutputFile output = scene.output("a.o", "object");
  for (const std::string& key : {std::string(), std::string("a"), std::string("xyz"), std::string("ab/cd"), std::string(".."),
                                 std::string("ab\0cd", 5), std::string(201, 'a')}) {
    CAPTURE(key);
    CHECK(scene.put({output}, key).error().error == Error::invalid_key);
  }
  CHECK_FALSE(fs::exists(scene.temp.cache() / "objects"));
  CHECK(scene.put({output}, "ABCDEFabcdef0123456789"));
}

TEST_CASE("putting_again_replaces_and_who_has_the_old_entry_has_a_miss_that_leaves_the_new_one") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "old object")}));
  const ArtifactView old = scene.store.find(kKey);
  REQUIRE(scene.put({scene.output("a.o", "new")}));
  const std::vector<OutputFile> wanted{scene.wanted("a.o")};
  CHECK(scene.restore(wanted).value() == Restored::hit);
  CHECK(read_file(scene.restored / "a.o") == "new");
  CHECK(scene.payloads.restore(old, wanted).value() == Restored::miss);
  CHECK(read_file(scene.restored / "a.o") == "new");
  CHECK(scene.restore(wanted).value() == Restored::hit);
}

TEST_CASE("who_has_an_entry_that_was_removed_meanwhile_has_a_miss") {
  for (const bool looking : {false, true}) {
    Scene scene;
    REQUIRE(scene.put({scene.output("a.o", "object")}));
    ArtifactStore other = ArtifactStore::open(scene.temp.cache(), looking ? read_only() : manual_flush()).value();
    const ArtifactView entry = other.find(kKey);
    REQUIRE(scene.payloads.remove(kKey).value());
    CHECK(PayloadStore(other).restore(entry, std::vector<OutputFile>{scene.wanted("a.o")}).value() == Restored::miss);
    CHECK(files_below(scene.restored) == 0);
  }
}

TEST_CASE("removing_takes_the_entry_and_its_files") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object"), scene.output("a.d", "deps")}));
  CHECK(scene.payloads.remove(kKey).value());
  CHECK_FALSE(scene.store.find(kKey));
  CHECK(files_below(scene.temp.cache() / "objects") == 0);
  CHECK_FALSE(scene.payloads.remove(kKey).value());
  CHECK_FALSE(scene.payloads.remove("not hex").value());
}

TEST_CASE("a_hard_link_shares_the_bytes_and_a_copy_does_not") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object")}));
  REQUIRE(scene.restore({scene.wanted("a.o")}).value() == Restored::hit);
  CHECK_FALSE(fs::equivalent(scene.restored / "a.o", scene.payload()));
  REQUIRE(scene.restore({scene.wanted("a.o")}, Materialize::hard_link).value() == Restored::hit);
  CHECK(fs::equivalent(scene.restored / "a.o", scene.payload()));
  CHECK(mode_of(scene.restored / "a.o") == mode_of(scene.payload()));
  // Changed in place, which is the risk that was asked for: noticed at the next restore.
  write_file(scene.restored / "a.o", "OBJECT");
  CHECK(scene.restore({scene.wanted("a.o")}).value() == Restored::damaged);
}

TEST_CASE("restored_files_have_the_modes_that_a_compiler_would_give_them") {
  for (const mode_t mask : {0022, 0077, 0000}) {
    CAPTURE(mask);
    const Umask set(mask);
    Scene scene;
    const OutputFile plain = scene.output("a.o", "object");
    const OutputFile program = scene.output("a.out", "program");
    REQUIRE(::chmod(program.path.c_str(), 0755) == 0);
    REQUIRE(scene.put({plain, program}));
    CHECK(scene.store.find(kKey).output_mode(1) == 0755);
    REQUIRE(scene.restore({scene.wanted("a.o"), scene.wanted("a.out")}).value() == Restored::hit);
    CHECK(mode_of(scene.restored / "a.o") == (0666 & ~mask));
    CHECK(mode_of(scene.restored / "a.out") == (0777 & ~mask));
    CHECK(mode_of(scene.payload(1)) == 0600);
  }
}

TEST_CASE("a_restored_file_has_the_mode_of_a_new_one_or_that_of_the_one_it_replaces_as_is_asked_for") {
  const Umask set(0022);
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object")}));
  OutputFile wanted = scene.wanted("a.o");
  REQUIRE(scene.restore({wanted}).value() == Restored::hit);
  for (const mode_t mode : {0600, 0664, 0640, 0755}) {
    wanted.keeps_mode = true;
    REQUIRE(::chmod(wanted.path.c_str(), mode) == 0);
    REQUIRE(scene.restore({wanted}).value() == Restored::hit);
    CHECK(mode_of(wanted.path) == mode);
    wanted.keeps_mode = false;
    REQUIRE(scene.restore({wanted}).value() == Restored::hit);
    CHECK(mode_of(wanted.path) == 0644);
  }
}

TEST_CASE("the_mode_of_a_file_that_a_compiler_only_wrote_into_is_not_that_of_the_output") {
  const Umask set(0022);
  Scene scene;
  OutputFile output = scene.output("a.d", "a.o: a.c");
  output.keeps_mode = true;
  REQUIRE(::chmod(output.path.c_str(), 0755) == 0);
  REQUIRE(scene.put({output}));
  REQUIRE(scene.restore({scene.wanted("a.d")}).value() == Restored::hit);
  CHECK(mode_of(scene.restored / "a.d") == 0644);
}

TEST_CASE("an_output_does_not_take_the_place_of_what_is_no_file") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object")}));
  const fs::path place = scene.restored / "a.o";
  fs::create_symlink(scene.build / "a.o", place);
  for (const Materialize how : {Materialize::copy, Materialize::hard_link}) {
    CHECK(scene.restore({scene.wanted("a.o")}, how).error().system_error == EEXIST);
    CHECK(fs::is_symlink(place));
  }
  fs::remove(place);
  REQUIRE(::mkfifo(place.c_str(), 0600) == 0);
  CHECK(scene.restore({scene.wanted("a.o")}).error().error == Error::io);
  CHECK(fs::is_fifo(place));
  CHECK(files_below(scene.restored) == 1);
}

TEST_CASE("an_entry_whose_payload_nobody_can_open_at_the_moment_is_a_miss_and_stays") {
  for (const PayloadLayout layout : {PayloadLayout::flat, PayloadLayout::pack}) {
    Scene scene;
    scene.payloads = PayloadStore(scene.store, layout);
    REQUIRE(scene.put({scene.output("a.o", "object")}));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::dup(STDIN_FILENO);
    ::close(next);
    rlimit one_more = before;
    one_more.rlim_cur = static_cast<rlim_t>(next) + 1;  // the destination has it
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &one_more) == 0);
    const auto restored = scene.restore({scene.wanted("a.o")});
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(restored.value() == Restored::miss);
    CHECK(scene.restore({scene.wanted("a.o")}).value() == Restored::hit);
  }
}

TEST_CASE("an_entry_without_outputs_is_stored_and_served") {
  Scene scene;
  REQUIRE(scene.put({}));
  CHECK(scene.restore({}).value() == Restored::hit);
  CHECK(scene.payloads.verify(scene.store.find(kKey)).value());
}

TEST_CASE("a_read_only_store_serves_and_refuses_to_change") {
  Scene scene;
  REQUIRE(scene.put({scene.output("a.o", "object")}));
  ArtifactStore looking = ArtifactStore::open(scene.temp.cache(), read_only()).value();
  PayloadStore payloads(looking);
  const std::vector<OutputFile> wanted{scene.wanted("a.o")};
  CHECK(payloads.put("abcd", std::vector<OutputFile>{scene.output("a.o", "x")}, "", "").error().error == Error::read_only);
  CHECK(payloads.remove(kKey).error().error == Error::read_only);
  CHECK(payloads.restore(looking.find(kKey), wanted).value() == Restored::hit);
  fs::resize_file(scene.payload(), 0);
  CHECK(payloads.restore(looking.find(kKey), wanted).value() == Restored::damaged);
  CHECK(looking.find(kKey));
}
