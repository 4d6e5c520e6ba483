// The C interface as its users call it: through the shared library, and without memory.
#include <zccache/zccache.h>

#include <pthread.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "support.hpp"
#include "unit/failing_new.hpp"

using namespace zccache::test;

namespace {

std::string text(zccache_bytes bytes) { return bytes.size == 0 ? std::string() : std::string(bytes.data, bytes.size); }

/// A store in a directory of its own.
struct Fixture {
  TempDir temporary;
  std::string directory = temporary.cache().string();
  zccache_store* store = nullptr;

  Fixture() {
    zccache_options* options = nullptr;
    REQUIRE(zccache_options_new(&options) == ZCCACHE_OK);
    REQUIRE(zccache_options_set(options, ZCCACHE_OPTION_FLUSH_THREAD, 0) == ZCCACHE_OK);
    REQUIRE(zccache_open(directory.c_str(), options, &store) == ZCCACHE_OK);
    zccache_options_free(options);
  }
  ~Fixture() { zccache_close(store); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void insert(const char* key, const char* said = "warned\n") {
    zccache_artifact* artifact = nullptr;
    REQUIRE(zccache_artifact_new(&artifact) == ZCCACHE_OK);
    REQUIRE(zccache_artifact_add_output(artifact, "a.o", 7) == ZCCACHE_OK);
    REQUIRE(zccache_artifact_set_stderr(artifact, said, std::string(said).size()) == ZCCACHE_OK);
    REQUIRE(zccache_insert(store, key, artifact) == ZCCACHE_OK);
    zccache_artifact_free(artifact);
  }
  zccache_entry* find(const char* key) {
    zccache_entry* entry = nullptr;
    REQUIRE(zccache_find(store, key, &entry) == ZCCACHE_OK);
    return entry;
  }
};

}  // namespace

TEST_CASE("C: an entry comes back as it was stored") {
  Fixture f;
  zccache_artifact* artifact = nullptr;
  REQUIRE(zccache_artifact_new(&artifact) == ZCCACHE_OK);
  CHECK(zccache_artifact_add_output(artifact, "a.o", 1000) == ZCCACHE_OK);
  CHECK(zccache_artifact_describe_output(artifact, 0, 0644, {.low = 1, .high = 2}) == ZCCACHE_OK);
  CHECK(zccache_artifact_add_output(artifact, "a.d", 24) == ZCCACHE_OK);
  CHECK(zccache_artifact_set_stdout(artifact, "o\0ut", 4) == ZCCACHE_OK);
  CHECK(zccache_artifact_set_stderr(artifact, nullptr, 0) == ZCCACHE_OK);
  CHECK(zccache_artifact_set_exit_code(artifact, -3) == ZCCACHE_OK);
  CHECK(zccache_artifact_set_stored_at_secs(artifact, 1'700'000'000) == ZCCACHE_OK);
  REQUIRE(zccache_insert(f.store, "k", artifact) == ZCCACHE_OK);
  zccache_artifact_free(artifact);

  zccache_entry* entry = f.find("k");
  REQUIRE(entry != nullptr);
  CHECK(text(zccache_entry_key(entry)) == "k");
  CHECK(zccache_entry_total_size(entry) == 1024);
  CHECK(zccache_entry_stored_at_secs(entry) == 1'700'000'000);
  CHECK(zccache_entry_exit_code(entry) == -3);
  CHECK(text(zccache_entry_stdout(entry)) == std::string("o\0ut", 4));
  CHECK(zccache_entry_stderr(entry).size == 0);
  REQUIRE(zccache_entry_output_count(entry) == 2);
  CHECK(text(zccache_entry_output_name(entry, 1)) == "a.d");
  CHECK(zccache_entry_output_size(entry, 1) == 24);
  CHECK(zccache_entry_output_mode(entry, 0) == 0644);
  CHECK(zccache_entry_output_mode(entry, 1) == 0);
  CHECK(zccache_entry_output_digest(entry, 0).high == 2);
  zccache_entry_free(entry);
}

TEST_CASE("C: absence is no error") {
  Fixture f;
  zccache_entry* entry = nullptr;
  CHECK(zccache_find(f.store, "none", &entry) == ZCCACHE_OK);
  CHECK(entry == nullptr);
  CHECK(zccache_find(f.store, "", &entry) == ZCCACHE_OK);
  CHECK(entry == nullptr);
  int existed = 1;
  CHECK(zccache_remove(f.store, "none", &existed) == ZCCACHE_OK);
  CHECK(existed == 0);
}

TEST_CASE("C: an entry outlives its replacement, its removal and the handle of its store") {
  Fixture f;
  f.insert("k", "first");
  zccache_entry* entry = f.find("k");
  f.insert("k", "second");
  int existed = 0;
  CHECK(zccache_remove(f.store, "k", &existed) == ZCCACHE_OK);
  CHECK(existed == 1);
  std::uint64_t removed = 1;
  CHECK(zccache_clear(f.store, &removed) == ZCCACHE_OK);
  CHECK(removed == 0);
  zccache_close(f.store);
  f.store = nullptr;
  CHECK(text(zccache_entry_stderr(entry)) == "first");
  zccache_entry_free(entry);
}

TEST_CASE("C: payloads go in and come out, and damage is told") {
  Fixture f;
  const std::string object = f.temporary.path() / "a.o";
  const std::string served = f.temporary.path() / "served.o";
  write_file(object, "object code");
  zccache_artifact* artifact = nullptr;
  REQUIRE(zccache_artifact_new(&artifact) == ZCCACHE_OK);
  REQUIRE(zccache_artifact_add_output(artifact, "a.o", 0) == ZCCACHE_OK);
  const char* from = object.c_str();
  CHECK(zccache_put(f.store, "aa01", artifact, &from, 0) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_put(f.store, "not hex", artifact, &from, 1) == ZCCACHE_INVALID_KEY);
  REQUIRE(zccache_put(f.store, "aa01", artifact, &from, 1) == ZCCACHE_OK);
  zccache_artifact_free(artifact);

  zccache_entry* entry = f.find("aa01");
  const char* name = "a.o";
  const char* to = served.c_str();
  int found = ZCCACHE_MISS;
  REQUIRE(zccache_restore(f.store, entry, &name, &to, 1, 0, &found) == ZCCACHE_OK);
  CHECK(found == ZCCACHE_HIT);
  CHECK(read_file(served) == "object code");
  const char* other = "b.o";
  REQUIRE(zccache_restore(f.store, entry, &other, &to, 1, 0, &found) == ZCCACHE_OK);
  CHECK(found == ZCCACHE_MISS);

  for (const auto& file : std::filesystem::recursive_directory_iterator(f.temporary.cache() / "objects")) {
    if (file.is_regular_file()) write_file(file.path(), "other code!");
  }
  REQUIRE(zccache_restore(f.store, entry, &name, &to, 1, 0, &found) == ZCCACHE_OK);
  CHECK(found == ZCCACHE_DAMAGED);
  zccache_entry_free(entry);
  CHECK(f.find("aa01") == nullptr);
}

TEST_CASE("C: a walk visits each entry once and ends when it is told to") {
  Fixture f;
  for (const char* key : {"a", "b", "c"}) f.insert(key);
  std::multiset<std::string> seen;
  const auto collect = [](const zccache_entry* entry, void* user) {
    static_cast<std::multiset<std::string>*>(user)->insert(text(zccache_entry_key(entry)));
    return 1;
  };
  CHECK(zccache_for_each(f.store, collect, &seen) == ZCCACHE_OK);
  CHECK(seen == std::multiset<std::string>{"a", "b", "c"});
  int visits = 0;
  const auto one = [](const zccache_entry*, void* user) {
    ++*static_cast<int*>(user);
    return 0;
  };
  CHECK(zccache_for_each(f.store, one, &visits) == ZCCACHE_OK);
  CHECK(visits == 1);
  std::uint64_t entries = 0;
  CHECK(zccache_size(f.store, &entries) == ZCCACHE_OK);
  CHECK(entries == 3);
}

TEST_CASE("C: an exception out of a callback becomes a status") {
  Fixture f;
  f.insert("k");
  const auto thrower = [](const zccache_entry*, void*) -> int { throw std::runtime_error("from the visitor"); };
  CHECK(zccache_for_each(f.store, thrower, nullptr) == ZCCACHE_INTERNAL);
  CHECK(std::string(zccache_last_message()) == "from the visitor");
}

TEST_CASE("C: NULL is refused by name wherever it cannot be meant") {
  Fixture f;
  zccache_entry* entry = nullptr;
  CHECK(zccache_find(nullptr, "k", &entry) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(std::string(zccache_last_message()).starts_with("zccache_find: "));
  CHECK(zccache_find(f.store, nullptr, &entry) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_find(f.store, "k", nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_open("x", nullptr, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_options_new(nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_options_set(nullptr, ZCCACHE_OPTION_READ_ONLY, 1) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_artifact_new(nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_artifact_add_output(nullptr, "a", 1) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_artifact_set_stdout(nullptr, "", 0) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_artifact_set_exit_code(nullptr, 0) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_insert(f.store, "k", nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_put(f.store, "aa", nullptr, nullptr, 0) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_restore(f.store, nullptr, nullptr, nullptr, 0, 0, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_remove(nullptr, "k", nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_clear(nullptr, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_for_each(f.store, nullptr, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_size(f.store, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_flush(nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_flush_if_due(nullptr, nullptr) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_get_stats(f.store, nullptr, sizeof(zccache_stats)) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_directory(nullptr) == nullptr);
  CHECK(zccache_entry_output_count(nullptr) == 0);
  zccache_count_hits(nullptr, 1);
  zccache_count_misses(nullptr, 1);
  zccache_entry_free(nullptr);
  zccache_artifact_free(nullptr);
  zccache_options_free(nullptr);
  zccache_close(nullptr);
}

TEST_CASE("C: an output that there is not is empty") {
  Fixture f;
  f.insert("k");
  zccache_entry* entry = f.find("k");
  CHECK(zccache_entry_output_name(entry, 1).size == 0);
  CHECK(zccache_entry_output_size(entry, SIZE_MAX) == 0);
  CHECK(zccache_entry_output_digest(entry, 1).low == 0);
  zccache_entry_free(entry);
}

TEST_CASE("C: a failure names the thing and the cure, each thread its own") {
  Fixture f;
  f.insert("k");
  zccache_options* options = nullptr;
  REQUIRE(zccache_options_new(&options) == ZCCACHE_OK);
  CHECK(zccache_options_set(options, 4711, 1) == ZCCACHE_INVALID_ARGUMENT);
  REQUIRE(zccache_options_set(options, ZCCACHE_OPTION_READ_ONLY, 1) == ZCCACHE_OK);
  zccache_store* reader = nullptr;
  REQUIRE(zccache_open(f.directory.c_str(), options, &reader) == ZCCACHE_OK);
  CHECK(zccache_remove(reader, "k", nullptr) == ZCCACHE_READ_ONLY);
  CHECK(std::string(zccache_last_message()) == f.directory + ": the store was opened read-only; open it for writing");
  std::string of_another_thread = "not asked";
  std::thread([&] { of_another_thread = zccache_last_message(); }).join();
  CHECK(of_another_thread.empty());
  zccache_close(reader);

  zccache_store* none = f.store;
  CHECK(zccache_open((f.directory + "/none").c_str(), options, &none) == ZCCACHE_NOT_FOUND);
  CHECK(none == nullptr);
  zccache_options_free(options);
  CHECK(std::string(zccache_status_name(ZCCACHE_NO_SPACE)) == "no_space");
  CHECK(std::string(zccache_status_name(ZCCACHE_OUT_OF_MEMORY)) == "out_of_memory");
  CHECK(std::string(zccache_status_name(77)) == "unknown");
  CHECK(std::string(zccache_status_name(-1)) == "unknown");
}

TEST_CASE("C: a longer message than there is room for is cut") {
  Fixture f;
  const std::string long_name(100'000, 'x');
  zccache_store* store = nullptr;
  CHECK(zccache_open(long_name.c_str(), nullptr, &store) != ZCCACHE_OK);
  CHECK(std::string(zccache_last_message()).size() < 10'000);
}

TEST_CASE("C: statistics fill what the caller has room for, and zero what the library does not know") {
  Fixture f;
  f.insert("k");
  zccache_count_hits(f.store, 5);
  zccache_count_misses(f.store, 2);
  CHECK(zccache_flush(f.store) == ZCCACHE_OK);
  int flushed = 1;
  CHECK(zccache_flush_if_due(f.store, &flushed) == ZCCACHE_OK);
  CHECK(flushed == 0);
  struct {
    zccache_stats known;
    std::uint64_t later = 4711;
  } stats;
  CHECK(zccache_get_stats(f.store, &stats.known, sizeof stats) == ZCCACHE_OK);
  CHECK(stats.known.entries == 1);
  CHECK(stats.known.hits == 5);
  CHECK(stats.known.misses == 2);
  CHECK(stats.known.snapshot_entries == 1);
  CHECK(stats.later == 0);
  stats.known.live_bytes = 4711;
  CHECK(zccache_get_stats(f.store, &stats.known, sizeof stats.known.entries) == ZCCACHE_OK);
  CHECK(stats.known.live_bytes == 4711);
}

TEST_CASE("C: warnings reach the sink, and a sink that throws harms nobody") {
  TempDir temporary;
  const std::string directory = temporary.cache().string();
  std::vector<std::string> lines;
  const auto keep_and_throw = [](int level, const char* line, void* user) {
    static_cast<std::vector<std::string>*>(user)->push_back(std::to_string(level) + line);
    throw std::runtime_error("from the sink");
  };
  REQUIRE(zccache_set_log_sink(keep_and_throw, &lines) == ZCCACHE_OK);
  std::filesystem::create_directory(directory);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
  write_file(directory + "/index.snap", "not a snapshot");
  std::filesystem::permissions(directory + "/index.snap", std::filesystem::perms(0600));
  zccache_store* store = nullptr;
  CHECK(zccache_open(directory.c_str(), nullptr, &store) == ZCCACHE_OK);
  zccache_close(store);
  CHECK_FALSE(lines.empty());
  REQUIRE(zccache_set_log_sink(nullptr, nullptr) == ZCCACHE_OK);
}

namespace {

/// A life of a store from beginning to end; the first status that is not ZCCACHE_OK ends it.
zccache_status whole_life(const std::string& directory, const std::string& file) {
  zccache_options* options = nullptr;
  zccache_store* store = nullptr;
  zccache_artifact* artifact = nullptr;
  zccache_entry* entry = nullptr;
  const char* path = file.c_str();
  const char* name = "a.o";
  int found = 0;
  zccache_status status = zccache_options_new(&options);
  const auto then = [&](auto call) {
    if (status == ZCCACHE_OK) status = call();
  };
  then([&] { return zccache_options_set(options, ZCCACHE_OPTION_FLUSH_THREAD, 0); });
  then([&] { return zccache_open(directory.c_str(), options, &store); });
  then([&] { return zccache_artifact_new(&artifact); });
  then([&] { return zccache_artifact_add_output(artifact, name, 3); });
  then([&] { return zccache_artifact_describe_output(artifact, 0, 0644, {.low = 1, .high = 2}); });
  then([&] { return zccache_artifact_set_stderr(artifact, "a warning that fills more than a small string has room for", 58); });
  then([&] { return zccache_insert(store, "k", artifact); });
  then([&] { return zccache_put(store, "aa01", artifact, &path, 1); });
  then([&] { return zccache_find(store, "aa01", &entry); });
  then([&] { return zccache_restore(store, entry, &name, &path, 1, 0, &found); });
  then([&] {
    return zccache_for_each(
        store, [](const zccache_entry*, void*) { return 1; }, nullptr);
  });
  then([&] { return zccache_flush(store); });
  then([&] { return zccache_remove(store, "k", nullptr); });
  then([&] { return zccache_clear(store, nullptr); });
  zccache_entry_free(entry);
  zccache_artifact_free(artifact);
  zccache_close(store);
  zccache_options_free(options);
  return status;
}

}  // namespace

TEST_CASE("C: without memory every call fails with a status and nothing crosses") {
  if (!can_fail_new()) return;
  const TempDir temporary;
  const std::string file = temporary.path() / "a.o";
  write_file(file, "abc");
  int failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    const std::string directory = temporary.path() / std::to_string(nth);
    fail_new_at(nth);
    const zccache_status status = whole_life(directory, file);
    if (!stop_failing_new()) break;  // there were fewer allocations than that
    failures += status == ZCCACHE_OUT_OF_MEMORY ? 1 : 0;
    CHECK((status == ZCCACHE_OK || status == ZCCACHE_OUT_OF_MEMORY || status == ZCCACHE_DIRECTORY_UNUSABLE));
    if (status == ZCCACHE_OUT_OF_MEMORY) CHECK(std::string(zccache_last_message()) == "out of memory");
    CHECK(whole_life(directory, file) == ZCCACHE_OK);  // what the failure left behind is usable
    CHECK(read_file(file) == "abc");
    std::filesystem::remove_all(directory);
  }
  CHECK(failures > 50);
}
