// Any one damaged word in a live index: a lookup answers right or not at all, a change is refused or kept, and neither faults or hangs. Beside
// them, under the same damage, a lookup that checks nothing.
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <array>
#include <string>
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
  std::atomic<std::uint64_t> refused{0};  ///< images that could not be attached
};

/// A live index of a few entries, each word of which is damaged in turn and put back.
class Sample {
 public:
  Sample() {
    ArtifactStore store = open_at(temp_.cache());
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      keys_.push_back(key_of(i));
      answers_.push_back(artifact_of(keys_.back(), i));
      REQUIRE(store.insert(keys_.back(), answers_.back()));
    }
    file_.emplace(directory_.live());
    whole_.assign(file_->bytes().begin(), file_->bytes().end());
  }

  [[nodiscard]] std::uint64_t images() const noexcept { return whole_.size() / kWord * kValues; }

  /// Flipped bits, words of nothing but zeros or ones, distances that lead a little or far astray.
  void damage(std::uint64_t image) const noexcept {
    const std::size_t at = image / kValues * kWord;
    const std::uint64_t choice = image % kValues;
    std::uint64_t word = 0;
    std::memcpy(&word, whole_.data() + at, kWord);
    const std::array<std::uint64_t, 8> others{0,        ~std::uint64_t{0}, word + kWord,       word - kWord,
                                              word + 1, word * 3 + 7,      whole_.size() - at, std::uint64_t{0} - at};
    word = choice < kBits ? word ^ std::uint64_t{1} << (choice * 64 / kBits + at / kWord % (64 / kBits)) : others[choice - kBits];
    std::memcpy(file_->bytes().data() + at, &word, kWord);
  }
  void restore() const noexcept { std::ranges::copy(whole_, file_->bytes().begin()); }

  [[nodiscard]] const CacheDirectory& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }
  [[nodiscard]] bool is_answer(std::size_t i, const format::RecordHeader& record) const {
    return format::key_of(record) == keys_[i] && format::stdout_of(record) == answers_[i].stdout_bytes &&
           format::stderr_of(record) == answers_[i].stderr_bytes && record.total_size == answers_[i].total_size;
  }

 private:
  static constexpr std::uint64_t kBits = 32;  ///< of each word, every other one; its neighbour has the rest
  static constexpr std::uint64_t kValues = kBits + 8;

  TempDir temp_;
  CacheDirectory directory_{temp_.cache()};
  std::vector<std::string> keys_;
  std::vector<Artifact> answers_;
  std::optional<MappedFile> file_;
  std::vector<std::byte> whole_;
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
#endif

/// A hang is a second of the processor's time for one image, however busy the machine is.
void end_when_it_hangs() {
  const struct itimerval second {
    .it_interval = {}, .it_value = {.tv_sec = 1, .tv_usec = 0 }
  };
  ::setitimer(ITIMER_PROF, &second, nullptr);
}

/// Uses every `step`th image; returns at how many a process died. Another process goes on behind that one.
template <class Use>
std::uint64_t sweep(const Sample& sample, std::uint64_t step, Tally& tally, Use use) {
  const BootId boot = current_boot_id().value();
  std::uint64_t deaths = 0;
  while (tally.image < sample.images()) {
    Child child([&] {
      const struct rlimit no_core {};
      ::setrlimit(RLIMIT_CORE, &no_core);
      for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::signal(fault, SIG_DFL);  // the test framework has its own
      for (; tally.image < sample.images(); tally.image += step) {
        end_when_it_hangs();
        sample.damage(tally.image);
        use(sample, boot, tally);
        sample.restore();
      }
      return 0;
    });
    if (child.reap() == 0) break;
    if (++deaths <= 5) UNSCOPED_INFO("died of image " << tally.image.load());
    tally.image += step;
    sample.restore();
  }
  return deaths;
}

}  // namespace

TEST_CASE("any_one_damaged_word_of_a_live_index_costs_answers_and_never_makes_a_wrong_one_a_fault_or_a_hang") {
  const Sample sample;
  const Shared<Tally> tally;
  const std::uint64_t deaths = sweep(sample, 1, *tally, use_index);
  WARN(sample.images() << " damaged images: " << tally->right << " right, " << tally->missing << " missing, " << tally->wrong << " wrong, "
                       << tally->refused << " not attached, " << deaths << " deaths");
  CHECK(deaths == 0);
  CHECK(tally->wrong == 0);
  CHECK(tally->right > 0);
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a_map_without_checks_answers_wrong_or_dies_under_the_same_damage") {
  constexpr std::uint64_t kSample = 97;  // each death and each hang takes its time
  const Sample sample;
  const Shared<Tally> tally;
  const std::uint64_t deaths = sweep(sample, kSample, *tally, use_plain_map);
  WARN(sample.images() / kSample << " damaged images: " << tally->right << " right, " << tally->missing << " missing, " << tally->wrong
                                 << " wrong, " << tally->refused << " not attached, " << deaths << " deaths");
  CHECK(deaths > 0);
  CHECK(tally->wrong > 0);
}
#endif
