// The store against std::map, under one long random script.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::uint64_t kSeed = 20240229;
constexpr std::uint64_t kOperations = ZCCACHE_MODEL_OPERATIONS;
constexpr std::size_t kKeys = 2000;  // few, so that most operations meet an entry
constexpr std::size_t kMaxBatch = 20;

/// A store, and what should be in it: of each key the generation of its entry, which says all of its bytes.
class Twins {
 public:
  Twins() {
    for (std::uint64_t i = 0; i < kKeys; ++i) keys_.push_back(key_of(i));
    options_.initial_segment_bytes = 1;
  }

  void step() {
    const std::uint64_t dice = random_() % 100'000;
    if (dice < 40'000) {
      insert();
    } else if (dice < 70'000) {
      find();
    } else if (dice < 82'000) {
      get();
    } else if (dice < 96'000) {
      remove();
    } else if (dice < 97'500) {
      insert_many();
    } else if (dice < 99'000) {
      remove_batch();
    } else if (dice < 99'960) {
      REQUIRE(store_.size() == model_.size());
    } else if (dice < 99'985) {
      compare();
    } else if (dice < 99'993) {
      reopen();
    } else if (dice < 99'997) {
      REQUIRE(store_.flush());
    } else if (dice < 99'999) {
      lose_live_index();
    } else {
      clear();
    }
  }

  void compare() const {
    std::size_t count = 0;
    store_.for_each([&](const ArtifactView& view) {
      const auto expected = model_.find(std::string(view.key()));
      REQUIRE(expected != model_.end());
      REQUIRE(view.to_artifact() == artifact_of(view.key(), expected->second));
      ++count;
      return true;
    });
    REQUIRE(count == model_.size());
    REQUIRE(store_.size() == model_.size());
  }

  [[nodiscard]] std::uint64_t renewals() const { return store_.stats().renewals; }
  [[nodiscard]] std::uint64_t reopenings() const noexcept { return reopenings_; }

 private:
  [[nodiscard]] const std::string& some_key() { return keys_[random_() % kKeys]; }

  void insert() {
    const std::string& key = some_key();
    const std::uint64_t generation = ++generations_;
    REQUIRE(store_.insert(key, artifact_of(key, generation)));
    model_[key] = generation;
  }

  void find() {
    const std::string& key = some_key();
    const ArtifactView view = store_.find(key);
    const auto expected = model_.find(key);
    REQUIRE(view.operator bool() == (expected != model_.end()));
    if (view) REQUIRE(view.stored_at_secs() == expected->second);
  }

  void get() {
    const std::string& key = some_key();
    const auto artifact = store_.get(key);
    const auto expected = model_.find(key);
    REQUIRE(artifact.has_value() == (expected != model_.end()));
    if (artifact) REQUIRE(*artifact == artifact_of(key, expected->second));
  }

  void remove() {
    const std::string& key = some_key();
    REQUIRE(store_.remove(key).value() == (model_.erase(key) == 1));
  }

  void insert_many() {
    std::vector<std::pair<std::string, Artifact>> entries(random_() % kMaxBatch);
    for (auto& [key, artifact] : entries) {
      key = some_key();
      artifact = artifact_of(key, ++generations_);
      model_[key] = generations_;
    }
    REQUIRE(store_.insert_many(entries).value() == entries.size());
  }

  void remove_batch() {
    std::vector<std::string> keys(random_() % kMaxBatch);
    std::ranges::generate(keys, [&] { return some_key(); });
    std::size_t removed = 0;
    for (const std::string& key : keys) removed += model_.erase(key);
    REQUIRE(store_.remove_batch(keys).value() == removed);
  }

  void clear() {
    REQUIRE(store_.clear().value() == model_.size());
    model_.clear();
  }

  void reopen() {
    store_ = ArtifactStore::open(temp_.cache(), options_).value();
    ++reopenings_;
    compare();
  }

  void lose_live_index() {
    REQUIRE(store_.flush());
    std::filesystem::remove(temp_.cache() / "index.live");
    reopen();
  }

  TempDir temp_;
  OpenOptions options_ = manual_flush();
  ArtifactStore store_ = ArtifactStore::open(temp_.cache(), options_).value();
  std::vector<std::string> keys_;
  std::map<std::string, std::uint64_t> model_;
  std::mt19937_64 random_{kSeed};
  std::uint64_t generations_ = 0;
  std::uint64_t reopenings_ = 0;
};

}  // namespace

TEST_CASE("a_store_does_what_a_map_does_under_a_million_random_operations") {
  Twins twins;
  for (std::uint64_t i = 0; i < kOperations; ++i) {
    CAPTURE(i);
    twins.step();
  }
  twins.compare();
  CHECK(twins.renewals() > kOperations / 20'000);
  CHECK(twins.reopenings() > kOperations / 50'000);
}
