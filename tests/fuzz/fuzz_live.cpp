// A live file with damage anywhere: attached, looked up, walked, changed, salvaged. Nothing wrong comes out; what was not touched is salvaged.
#include <fcntl.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "fuzz.hpp"
#include "live/live_writer.hpp"
#include "recovery/salvage.hpp"

using namespace zccache;

namespace {

constexpr std::uint64_t kEntries = 24;
constexpr std::size_t kFileBytes = std::size_t{1} << 14;

/// A cache directory with a live file, the bytes of which can be put back.
class Sample {
 public:
  Sample() : directory_(temp_.cache()) {
    OpenOptions options = test::manual_flush();
    options.initial_segment_bytes = kFileBytes;
    auto store = ArtifactStore::open(temp_.cache(), options).value();
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      const std::string key = test::key_of(i);
      EXPECT(store.insert(key, test::artifact_of(key, i)).has_value());
    }
    EXPECT(store.remove(test::key_of(0)).value());
    whole_ = test::read_file(directory_.live());
    file_ = open_file(directory_.live(), O_RDWR).value();
  }

  [[nodiscard]] const CacheDirectory& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::string& whole() const noexcept { return whole_; }
  void write(const std::string& bytes) const {
    EXPECT(::pwrite(file_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  test::TempDir temp_;
  CacheDirectory directory_;
  std::string whole_;
  UniqueFd file_;
};

std::span<const std::byte> bytes_in(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Patches: a 64-bit word each, at an offset that is a multiple of 8; the first of the input says how many words of the header are spared.
std::vector<bool> damage(std::string& bytes, fuzz::Input input) {
  std::vector<bool> touched(bytes.size());
  while (!input.empty()) {
    const std::size_t at = input.take<std::uint16_t>() % (bytes.size() / 8) * 8;
    const auto patch = input.take_bytes(8);
    std::ranges::copy(patch, reinterpret_cast<std::byte*>(bytes.data() + at));
    std::fill_n(touched.begin() + static_cast<std::ptrdiff_t>(at), patch.size(), true);
  }
  return touched;
}

bool is_right(const format::RecordHeader& record) {
  const std::string_view key = format::key_of(record);
  return format::is_tombstone(record) || format::stdout_of(record) == std::string(key) + ":" + std::to_string(record.stored_at_secs);
}

void salvage(const Sample& sample, const std::vector<bool>& touched) {
  const Salvage salvaged(sample.directory());
  std::set<std::pair<std::string_view, std::uint64_t>> found;
  for (const format::RecordHeader* record : salvaged.records()) {
    fuzz::read_parts(*record);
    EXPECT(is_right(*record));
    found.emplace(format::key_of(*record), record->sequence);
  }
  std::size_t offset = format::kPageBytes;
  while (const format::RecordHeader* record = format::next_record(bytes_in(sample.whole()), &offset)) {
    const auto begin = touched.begin() + static_cast<std::ptrdiff_t>(offset - record->length);
    const bool is_whole = std::find(begin, begin + record->length, true) == begin + record->length;
    EXPECT(!is_whole || found.contains({format::key_of(*record), record->sequence}));
  }
}

void use(const Sample& sample) {
  Distrust distrust{};
  auto live = LiveIndex::attach(sample.directory().live(), Access::read_write, current_boot_id().value(), &distrust);
  if (!live) {
    EXPECT(distrust != Distrust::none);
    return;
  }
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const std::string key = test::key_of(i);
    const format::RecordHeader* found = live->find(key);
    EXPECT(found == nullptr || (format::key_of(*found) == key && is_right(*found)));
  }
  live->for_each([](const format::RecordHeader& record) {
    EXPECT(is_right(record));
    return true;
  });
  (void)live->chains();
  LiveWriter writer(*live);
  const std::string key = test::key_of(kEntries);
  if (writer.insert(key, test::artifact_of(key, kEntries)) == Change::done) {
    const format::RecordHeader* found = live->find(key);
    EXPECT(found == nullptr || is_right(*found));
  }
  (void)writer.remove(test::key_of(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sample sample;
  std::string bytes = sample.whole();
  const auto touched = damage(bytes, fuzz::Input(data, size));
  sample.write(bytes);
  salvage(sample, touched);
  use(sample);
  sample.write(sample.whole());
  return 0;
}
