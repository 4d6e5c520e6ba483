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
constexpr std::uint64_t kOperations = ZCCACHE_MODEL_OPERATIONS;  // a million; fewer under ThreadSanitizer, see tests/CMakeLists.txt
constexpr std::size_t kKeys = 2000;                              // few, so that most operations meet an entry
constexpr std::size_t kMaxBatch = 20;

/// A store, and what should be in it: of each key the generation of its entry, which says all of its bytes.
class Twins {
 public:
  Twins() {
    for (std::uint64_t i = 0; i < kKeys; ++i) keys_.push_back(key_of(i));
    options_.initial_segment_bytes = 1;
  }

  /// One random operation on both; whether they still agree.
  [[nodiscard]] bool step() {
    const std::uint64_t dice = random_() % 100'000;
    if (dice < 40'000) return insert();
    if (dice < 70'000) return find();
    if (dice < 82'000) return get();
    if (dice < 96'000) return remove();
    if (dice < 97'500) return insert_many();
    if (dice < 99'000) return remove_batch();
    if (dice < 99'960) return store_.size() == model_.size();
    if (dice < 99'985) return same_contents();
    if (dice < 99'993) return reopen();
    if (dice < 99'997) return store_.flush().has_value();
    if (dice < 99'999) return lose_live_index();
    return clear();
  }

  [[nodiscard]] bool same_contents() const {
    std::size_t same = 0;
    store_.for_each([&](const ArtifactView& view) {
      const auto expected = model_.find(std::string(view.key()));
      same += expected != model_.end() && view.to_artifact() == artifact_of(view.key(), expected->second) ? 1 : 0;
      return true;
    });
    return same == model_.size() && store_.size() == model_.size();
  }

  [[nodiscard]] std::uint64_t renewals() const { return store_.stats().renewals; }
  [[nodiscard]] std::uint64_t reopenings() const noexcept { return reopenings_; }

 private:
  [[nodiscard]] const std::string& some_key() { return keys_[random_() % kKeys]; }

  bool insert() {
    const std::string& key = some_key();
    model_[key] = ++generations_;
    return store_.insert(key, artifact_of(key, generations_)).has_value();
  }

  bool find() {
    const std::string& key = some_key();
    const ArtifactView view = store_.find(key);
    const auto expected = model_.find(key);
    return view ? expected != model_.end() && view.stored_at_secs() == expected->second : expected == model_.end();
  }

  bool get() {
    const std::string& key = some_key();
    const auto artifact = store_.get(key);
    const auto expected = model_.find(key);
    return artifact ? expected != model_.end() && *artifact == artifact_of(key, expected->second) : expected == model_.end();
  }

  bool remove() {
    const std::string& key = some_key();
    return store_.remove(key).value() == (model_.erase(key) == 1);
  }

  bool insert_many() {
    std::vector<std::pair<std::string, Artifact>> entries(random_() % kMaxBatch);
    for (auto& [key, artifact] : entries) {
      key = some_key();
      model_[key] = ++generations_;
      artifact = artifact_of(key, generations_);
    }
    return store_.insert_many(entries).value() == entries.size();
  }

  bool remove_batch() {
    std::vector<std::string> keys(random_() % kMaxBatch);
    std::ranges::generate(keys, [&] { return some_key(); });
    std::size_t removed = 0;
    for (const std::string& key : keys) removed += model_.erase(key);
    return store_.remove_batch(keys).value() == removed;
  }

  bool clear() {
    const std::size_t size = model_.size();
    model_.clear();
    return store_.clear().value() == size;
  }

  bool reopen() {
    store_ = ArtifactStore::open(temp_.cache(), options_).value();
    ++reopenings_;
    return same_contents();
  }

  bool lose_live_index() {
    store_.flush().value();
    std::filesystem::remove(temp_.cache() / "index.live");
    return reopen();
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
    if (!twins.step()) FAIL("they differ after operation " << i);
  }
  CHECK(twins.same_contents());
  CHECK(twins.renewals() > kOperations / 20'000);
  CHECK(twins.reopenings() > kOperations / 50'000);
}
