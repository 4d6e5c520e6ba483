// Any one damaged word in a live index: a lookup answers right or not at all, a change is refused or kept, and neither faults or hangs. Beside
// them, under the same damage, a lookup that checks nothing.
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "children.hpp"
#include "live/live_writer.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::uint64_t kEntries = 24;
constexpr std::size_t kWord = sizeof(std::uint64_t);

/// What the children tell, over their own deaths.
struct Tally {
  std::atomic<std::uint64_t> image{0};  ///< the one that is looked at
  std::atomic<std::uint64_t> right{0};
  std::atomic<std::uint64_t> missing{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> wrong_images{0};  ///< those with a wrong answer
  std::atomic<std::uint64_t> refused{0};       ///< images that could not be attached
};

/// Bytes that processes share, each word of which is damaged in turn and put back.
class DamagedWords {
 public:
  DamagedWords(std::span<std::byte> bytes, std::size_t first, std::size_t last)
      : bytes_(bytes), first_(first), last_(last), whole_(bytes.begin(), bytes.end()) {}

  [[nodiscard]] std::uint64_t images() const noexcept { return (last_ - first_) / kWord * kValues; }

  /// Flipped bits, words of nothing but zeros or ones, distances that lead a little or far astray.
  void damage(std::uint64_t image) const noexcept {
    const std::size_t at = first_ + image / kValues * kWord;
    const std::uint64_t choice = image % kValues;
    std::uint64_t word = 0;
    std::memcpy(&word, whole_.data() + at, kWord);
    const std::array<std::uint64_t, 8> others{0,        ~std::uint64_t{0}, word + kWord,       word - kWord,
                                              word + 1, word * 3 + 7,      whole_.size() - at, std::uint64_t{0} - at};
    word = choice < kBits ? word ^ std::uint64_t{1} << (choice * 64 / kBits + at / kWord % (64 / kBits)) : others[choice - kBits];
    std::memcpy(bytes_.data() + at, &word, kWord);
  }
  void restore() const noexcept { std::ranges::copy(whole_, bytes_.begin()); }

  /// Whether the bytes [first, last) but for the damaged word are what they were.
  [[nodiscard]] bool are_whole(std::size_t first, std::size_t last, std::uint64_t image) const noexcept {
    const std::size_t damaged = first_ + image / kValues * kWord;
    for (std::size_t at = first; at < last; at += kWord) {
      if (at != damaged && std::memcmp(bytes_.data() + at, whole_.data() + at, kWord) != 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kBits = 32;  ///< of each word, every other one; its neighbour has the rest
  static constexpr std::uint64_t kValues = kBits + 8;

  std::span<std::byte> bytes_;
  std::size_t first_, last_;
  std::vector<std::byte> whole_;
};

/// A live index of a few entries.
class Sample {
 public:
  explicit Sample(std::size_t segment_bytes = std::size_t{1} << 14) {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = segment_bytes;
    ArtifactStore store = ArtifactStore::open(temp_.cache(), options).value();
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      keys_.push_back(key_of(i));
      answers_.push_back(artifact_of(keys_.back(), i));
      REQUIRE(store.insert(keys_.back(), answers_.back()));
    }
    file_.emplace(directory_.live());
  }

  [[nodiscard]] DamagedWords all_words() const { return {file_->bytes(), 0, file_->bytes().size()}; }
  /// Those of the map's arrays.
  [[nodiscard]] DamagedWords array_words() const { return {file_->bytes(), extent_begin(), arrays_end()}; }

  /// The one word before the extent that an insert changes.
  [[nodiscard]] std::size_t count_begin() const noexcept { return file_->header().map_offset + kMapCountOffset; }
  /// Of the file: the arrays, and behind them what is used of the extent.
  [[nodiscard]] std::size_t extent_begin() const noexcept { return file_->header().extent_offset + sizeof(format::ExtentHeader); }
  [[nodiscard]] std::size_t arrays_end() const noexcept { return extent_begin() + map_array_bytes(file_->header().map_buckets); }
  [[nodiscard]] std::size_t used_end() const noexcept {
    return extent_begin() + reinterpret_cast<const format::ExtentHeader*>(file_->bytes().data() + file_->header().extent_offset)->used;
  }
  [[nodiscard]] std::size_t file_end() const noexcept { return file_->bytes().size(); }
  [[nodiscard]] std::uint64_t buckets() const noexcept { return file_->header().map_buckets; }

  [[nodiscard]] const CacheDirectory& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }
  [[nodiscard]] const std::vector<Artifact>& answers() const noexcept { return answers_; }
  [[nodiscard]] bool is_answer(std::size_t i, const format::RecordHeader& record) const {
    return format::key_of(record) == keys_[i] && format::stdout_of(record) == answers_[i].stdout_bytes &&
           format::stderr_of(record) == answers_[i].stderr_bytes && record.total_size == answers_[i].total_size;
  }

 private:
  TempDir temp_;
  CacheDirectory directory_{temp_.cache()};
  std::vector<std::string> keys_;
  std::vector<Artifact> answers_;
  std::optional<MappedFile> file_;
};

void look_up_all(const Sample& sample, const LiveIndex& live, Tally& tally) {
  for (std::size_t i = 0; i < sample.keys().size(); ++i) {
    const format::RecordHeader* found = live.find(sample.keys()[i]);
    ++(found == nullptr ? tally.missing : sample.is_answer(i, *found) ? tally.right : tally.wrong);
  }
}

/// As every process does it: attach, look up; then change, and look up again.
void use_index(const Sample& sample, const BootId& boot, Tally& tally) {
  Distrust distrust{};
  auto live = LiveIndex::attach(sample.directory().live(), Access::read_write, boot, &distrust);
  if (!live) {
    ++tally.refused;
    return;
  }
  look_up_all(sample, *live, tally);
  LiveWriter writer(*live);
  const std::string key = key_of(kEntries);
  (void)writer.insert(key, artifact_of(key, kEntries));
  (void)writer.remove(sample.keys().front());
  if (const format::RecordHeader* found = live->find(sample.keys()[1]); found != nullptr && !sample.is_answer(1, *found)) ++tally.wrong;
}

/// Many changes, of which the first ones into a group of buckets store into another group.
void change_index(const Sample& sample, const BootId& boot, Tally& tally) {
  constexpr std::uint64_t kChanges = 60;
  Distrust distrust{};
  auto live = LiveIndex::attach(sample.directory().live(), Access::read_write, boot, &distrust);
  if (!live) {
    ++tally.refused;
    return;
  }
  LiveWriter writer(*live);
  for (std::uint64_t i = kEntries; i < kEntries + kChanges; ++i) {
    const Change change = writer.insert(key_of(i), artifact_of(key_of(i), i));
    if (change != Change::done) break;  // it is rebuilt now
    const format::RecordHeader* found = live->find(key_of(i));
    ++(found == nullptr ? tally.missing : format::key_of(*found) == key_of(i) ? tally.right : tally.wrong);
  }
}

#ifndef __SANITIZE_ADDRESS__
/// The map as it is: its own find(), and the record that it leads to.
void use_plain_map(const Sample& sample, const BootId& boot, Tally& tally) {
  Distrust distrust{};
  auto segment = Segment::attach(sample.directory().live(), Access::read_only, boot, &distrust);
  if (!segment) {
    ++tally.refused;
    return;
  }
  const auto& map = *segment->at<const ArtifactMap>(segment->header().map_offset);
  for (std::size_t i = 0; i < sample.keys().size(); ++i) {
    const auto at = map.find(format::hash_key(sample.keys()[i]));
    if (at == map.end() || (*at).second.get() == nullptr) {
      ++tally.missing;
    } else {
      ++(sample.is_answer(i, *(*at).second.get()) ? tally.right : tally.wrong);
    }
  }
}

/// A table as one writes it who trusts his file: buckets, chains, keys and values, and offsets for pointers.
class PlainTable {
 public:
  explicit PlainTable(const Sample& sample) {
    for (std::size_t i = 0; i < sample.keys().size(); ++i) add(sample.keys()[i], value_of(sample.answers()[i]));
  }

  [[nodiscard]] DamagedWords all_words() { return {std::as_writable_bytes(std::span(shared_->words)), 0, used_ / kWord * kWord}; }

  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const {
    for (std::uint64_t at = buckets()[hash(key)]; at != 0; at = node(at).next) {
      const char* bytes = reinterpret_cast<const char*>(&node(at) + 1);
      if (node(at).key_size == key.size() && std::string_view(bytes, key.size()) == key) {
        return std::string_view(bytes + node(at).key_size, node(at).value_size);
      }
    }
    return std::nullopt;
  }

  static std::string value_of(const Artifact& artifact) {
    return artifact.stdout_bytes + artifact.stderr_bytes + std::to_string(artifact.total_size);
  }

 private:
  static constexpr std::size_t kBuckets = 32;
  struct Node {
    std::uint64_t next, key_size, value_size;
  };
  struct Memory {
    std::array<std::uint64_t, 4096> words;
  };

  static std::size_t hash(std::string_view key) noexcept { return format::hash_key(key).low % kBuckets; }
  [[nodiscard]] std::uint64_t* buckets() const noexcept { return shared_->words.data(); }
  [[nodiscard]] Node& node(std::uint64_t at) const noexcept {
    return *reinterpret_cast<Node*>(reinterpret_cast<std::uintptr_t>(shared_->words.data()) + at);
  }
  void add(std::string_view key, std::string_view value) {
    node(used_) = {buckets()[hash(key)], key.size(), value.size()};
    auto* bytes = reinterpret_cast<char*>(&node(used_) + 1);
    std::ranges::copy(value, std::ranges::copy(key, bytes).out);
    buckets()[hash(key)] = used_;
    used_ += (sizeof(Node) + key.size() + value.size() + kWord - 1) / kWord * kWord;
    REQUIRE(used_ <= sizeof(Memory));
  }

  Shared<Memory> shared_;
  std::uint64_t used_ = kBuckets * kWord;
};

void use_plain_table(const PlainTable& table, const Sample& sample, Tally& tally) {
  const std::uint64_t wrong = tally.wrong;
  for (std::size_t i = 0; i < sample.keys().size(); ++i) {
    const auto found = table.find(sample.keys()[i]);
    ++(!found ? tally.missing : *found == PlainTable::value_of(sample.answers()[i]) ? tally.right : tally.wrong);
  }
  tally.wrong_images += tally.wrong > wrong ? 1 : 0;
}
#endif

/// A hang is a second of the processor's time for one image, however busy the machine is.
void end_when_it_hangs() {
  const struct itimerval second {
    .it_interval = {}, .it_value = {.tv_sec = 1, .tv_usec = 0 }
  };
  ::setitimer(ITIMER_PROF, &second, nullptr);
}

/// Calls `use` beside every `step`th image; returns at how many a process died. Another process goes on behind that one.
template <class Use>
std::uint64_t sweep(const DamagedWords& words, std::uint64_t step, Tally& tally, Use use) {
  std::uint64_t deaths = 0;
  while (tally.image < words.images()) {
    Child child([&] {
      const struct rlimit no_core {};
      ::setrlimit(RLIMIT_CORE, &no_core);
      for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::signal(fault, SIG_DFL);  // the test framework has its own
      for (; tally.image < words.images(); tally.image += step) {
        end_when_it_hangs();
        words.damage(tally.image);
        use();
        words.restore();
      }
      return 0;
    });
    if (child.reap() == 0) break;
    if (++deaths <= 5) UNSCOPED_INFO("died of image " << tally.image.load());
    tally.image += step;
    words.restore();
  }
  return deaths;
}

}  // namespace

TEST_CASE("any_one_damaged_word_of_a_live_index_costs_answers_and_never_makes_a_wrong_one_a_fault_or_a_hang") {
  const Sample sample;
  const DamagedWords words = sample.all_words();
  const BootId boot = current_boot_id().value();
  const Shared<Tally> tally;
  const std::uint64_t deaths = sweep(words, 1, *tally, [&] { use_index(sample, boot, *tally); });
  WARN(words.images() << " damaged images: " << tally->right << " right, " << tally->missing << " missing, " << tally->wrong << " wrong, "
                      << tally->refused << " not attached, " << deaths << " deaths");
  CHECK(deaths == 0);
  CHECK(tally->wrong == 0);
  CHECK(tally->right > 0);
}

TEST_CASE("any_one_damaged_word_of_the_maps_arrays_makes_no_writer_store_where_it_should_not") {
  const Sample sample(std::size_t{1} << 17);
  REQUIRE(sample.buckets() >= 12 * kBucketsOfGroup);  // so many that some groups are empty before the changes
  const DamagedWords words = sample.array_words();
  const BootId boot = current_boot_id().value();
  const std::size_t entries_end = sample.used_end();
  const Shared<Tally> tally;
  std::atomic<std::uint64_t>& astray = tally->wrong_images;
  const std::uint64_t deaths = sweep(words, 1, *tally, [&] {
    change_index(sample, boot, *tally);
    // Entries are immutable, and so is what lies before the extent but for the map's count. What is behind the entries may have new ones.
    const std::uint64_t image = tally->image;
    const std::size_t count = sample.count_begin();
    const bool whole = words.are_whole(format::kPageBytes, count, image) &&
                       words.are_whole(count + sizeof(std::size_t), sample.extent_begin() - sizeof(format::ExtentHeader), image) &&
                       words.are_whole(sample.arrays_end(), entries_end, image);
    if (!whole && ++astray <= 5) UNSCOPED_INFO("image " << image);
  });
  WARN(sample.buckets() << " buckets, " << words.images() << " damaged images: " << tally->right << " right, " << tally->missing << " missing, "
                        << tally->wrong << " wrong, " << astray << " with a store astray, " << deaths << " deaths");
  CHECK(deaths == 0);
  CHECK(astray == 0);
  CHECK(tally->wrong == 0);
  CHECK(tally->right > 0);
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a_map_without_checks_answers_wrong_or_dies_under_the_same_damage") {
  constexpr std::uint64_t kSample = 97;  // each death and each hang takes its time
  const Sample sample;
  const DamagedWords words = sample.all_words();
  const BootId boot = current_boot_id().value();
  const Shared<Tally> tally;
  const std::uint64_t deaths = sweep(words, kSample, *tally, [&] { use_plain_map(sample, boot, *tally); });
  WARN(words.images() / kSample << " damaged images: " << tally->right << " right, " << tally->missing << " missing, " << tally->wrong
                                << " wrong, " << tally->refused << " not attached, " << deaths << " deaths");
  CHECK(deaths > 0);
  CHECK(tally->wrong > 0);
}

TEST_CASE("a_plain_table_answers_wrong_or_dies_of_half_of_all_damaged_words") {
  const Sample sample;
  PlainTable table(sample);
  const DamagedWords words = table.all_words();
  const Shared<Tally> tally;
  const std::uint64_t deaths = sweep(words, 1, *tally, [&] { use_plain_table(table, sample, *tally); });
  WARN(words.images() << " damaged images: " << tally->wrong_images << " with a wrong answer, " << deaths << " deaths; of the answers "
                      << tally->right << " right, " << tally->missing << " missing, " << tally->wrong << " wrong");
  CHECK(deaths > 0);
  CHECK(tally->wrong_images + deaths > words.images() / 3);
}
#endif
