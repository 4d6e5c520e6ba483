// Writes the inputs that fuzzing starts from: DIRECTORY/<target>/seed_*. Run it after a change of a format, and minimise the corpora anew.
#include <zccache-cc/facts/manifest.hpp>
#include <zccache-remote/value.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/directory.hpp"
#include "fuzz.hpp"
#include "support.hpp"

using namespace zccache;
namespace fs = std::filesystem;

namespace {

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

struct Seeds {
  fs::path directory;

  void write(const std::string& target, const std::string& name, const std::string& bytes) const {
    fs::create_directories(directory / target);
    test::write_file(directory / target / ("seed_" + name), bytes);
  }
};

std::string snapshot_of(std::uint64_t entries) {
  const test::TempDir temp;
  auto store = ArtifactStore::open(temp.cache(), test::manual_flush()).value();
  for (std::uint64_t i = 0; i < entries; ++i) EXPECT(store.insert("key" + std::to_string(i), test::artifact_of("key", i % 3)).has_value());
  EXPECT(store.flush().has_value());
  return test::read_file(CacheDirectory(temp.cache()).snapshot());
}

std::string live_header() {
  const test::TempDir temp;
  { const auto store = ArtifactStore::open(temp.cache(), test::manual_flush()).value(); }
  return test::read_file(CacheDirectory(temp.cache()).live()).substr(0, sizeof(format::LiveHeader));
}

std::string record_of(std::uint64_t generation) {
  const Artifact artifact = test::artifact_of("key", generation);
  std::vector<std::uint64_t> words(format::record_bytes("key", artifact) / sizeof(std::uint64_t));
  format::encode_record(words.data(), "key", artifact, generation);
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint64_t)};
}

std::string manifest_of(std::size_t entries) {
  cc::ManifestEntry entry;
  entry.files = {{.path = 1, .hint = 2}, {.path = 3, .hint = 4}};
  entry.facts = {{.kind = cc::FactKind::directory, .argument = 0, .path = 5, .value = 0}};
  entry.absent = {{.directory = 6, .stamp = 7, .names = {8, 9}}};
  return cc::encode_manifest(std::vector<cc::ManifestEntry>(entries, entry));
}

std::string value_of(std::size_t parcels) {
  remote::Parcel parcel{.key = "key", .exit_code = 1, .stdout_bytes = "said", .stderr_bytes = "", .outputs = {{"a.o", 0644, "bytes"}}};
  return remote::encode_value(remote::value_name("", "key"), std::vector<remote::Parcel>(parcels, parcel));
}

std::string arguments_of(std::string text) {
  std::ranges::replace(text, ' ', '\0');
  return text + '\0';
}

std::string with_length(const std::string& text) { return bytes_of(std::uint64_t{text.size()}) + text; }

/// As the original writes it: one output, some stdout, no stderr.
std::string original_index(std::uint64_t entries) {
  std::string index = bytes_of(entries);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t one = 1;
    index += with_length("key" + std::to_string(i)) + bytes_of(one) + with_length("a.o") + bytes_of(one) + bytes_of(i);
    index += with_length("said") + with_length("") + bytes_of(std::int32_t{-1}) + bytes_of(i) + bytes_of(std::uint64_t{1'700'000'000});
  }
  return index;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds DIRECTORY\n";
    return 2;
  }
  const Seeds seeds{argv[1]};
  const std::string all_sealed("\xff");
  for (std::uint64_t entries : {0, 1, 3}) {
    const std::string snapshot = snapshot_of(entries);
    const std::string name = std::to_string(entries);
    seeds.write("snapshot", name, std::string(1, '\0') + snapshot);
    seeds.write("snapshot", name + "_sealed", all_sealed + snapshot);
    seeds.write("recovery", name, all_sealed + bytes_of(static_cast<std::uint16_t>(snapshot.size())) + snapshot + snapshot_of(2));
    seeds.write("bincode", name, original_index(entries));
    seeds.write("record", name, record_of(entries) + record_of(entries + 1));
  }
  seeds.write("live_header", "whole", std::string("\x0f\x10", 2) + live_header());
  seeds.write("live", "a_word", std::string("\x00\x02", 2) + std::string(8, '\x7f'));
  seeds.write("live", "three_words",
              std::string("\x10\x02") + std::string(8, '\x01') + std::string("\x40\x03") + std::string(8, '\x10') + std::string("\x80\x04") +
                  std::string(8, '\xff'));
  seeds.write("arguments", "plain", arguments_of("-c a.c -o a.o -O2 -Wall -I include -DNAME=1"));
  seeds.write("arguments", "dependencies", arguments_of("-MD -MF a.d -MT a.o -c src/a.cpp -o out/a.o -std=c++20 -g"));
  seeds.write("arguments", "language", arguments_of("-x c++ -c a.txt -include config.h -gsplit-dwarf --coverage"));
  seeds.write("arguments", "refused", arguments_of("@file -E - -march=native -fno-plugin -Wp,-MD,x"));
  seeds.write("manifest", "one", manifest_of(1));
  seeds.write("manifest", "three", manifest_of(3));
  const std::size_t value_header = value_of(0).size();
  for (std::size_t parcels : {1, 3}) {
    seeds.write("remote_value", "whole_" + std::to_string(parcels), value_of(parcels));
    seeds.write("remote_value", "parcels_" + std::to_string(parcels), value_of(parcels).substr(value_header));
  }
  seeds.write("loader_cache", "of_this_machine", test::read_file("/etc/ld.so.cache").substr(0, 4096));
}
