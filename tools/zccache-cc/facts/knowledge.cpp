#include "zccache-cc/facts/knowledge.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <chrono>
#include <cstring>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "zccache-cc/facts/upload_mark.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kPath = "path:";
constexpr std::string_view kDigest = "digest:";
constexpr std::string_view kManifest = "manifest:";
constexpr std::string_view kImages = "images:";

constexpr std::string_view kWords = "words:";

/// What is special about a content, as a letter: '@' and these bits.
enum ContentFlags : unsigned { kReadsBytes = 1, kOnlyDefines = 2, kIsElf = 4 };
constexpr unsigned kFlagsLetter = '@';

// A use is noted to within ten minutes: there is nothing to do for what was used since.
constexpr std::uint64_t kNotedWithin = 600;

/// A key on the stack: a hit makes hundreds.
class ShortKey {
 public:
  ShortKey(std::string_view prefix, std::initializer_list<std::uint64_t> numbers) {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    for (const char c : prefix) text_[size_++] = c;
    for (const std::uint64_t number : numbers) {
      for (unsigned shift = 64; shift != 0; shift -= 4) text_[size_++] = kHexDigits[number >> (shift - 4) & 15U];
    }
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 48> text_{};
  std::size_t size_ = 0;
};

ShortKey path_key(std::uint64_t hash) { return {kPath, {hash}}; }

// No cryptographic hash: whoever can choose inodes and times to the nanosecond owns the machine.
ShortKey stamp_key(std::string_view prefix, const FileStamp& stamp) {
  const XXH128_hash_t hash = XXH3_128bits(&stamp, sizeof stamp);
  return {prefix, {hash.high64, hash.low64}};
}
static_assert(std::has_unique_object_representations_v<FileStamp>, "its bytes are hashed");

std::uint64_t now_secs() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

bool is_knowledge_key(std::string_view key) noexcept {
  return key.starts_with(kPath) || key.starts_with(kDigest) || key.starts_with(kManifest) || key.starts_with(kImages) ||
         key.starts_with(kWords) || key.starts_with(kUploadMark);
}

bool is_images_key(std::string_view key) noexcept { return key.starts_with(kImages); }
bool is_manifest_key(std::string_view key) noexcept { return key.starts_with(kManifest); }
std::string manifest_key(const ContentDigest& first_key) { return std::string(kManifest) + hex_of(first_key); }

const ArtifactView* Knowledge::find(std::string_view key) {
  if (ArtifactView view = store_.find(key)) return &found_.emplace_back(std::move(view));
  if (above_ == nullptr) return nullptr;
  ArtifactView view = above_->find(key);
  return view ? &found_above_.emplace_back(std::move(view)) : nullptr;
}

std::optional<std::string_view> Knowledge::text(std::string_view key) {
  if (!news_.empty()) {
    if (const auto news = news_.find(std::string(key)); news != news_.end()) return news->second.text;
  }
  const ArtifactView* view = find(key);
  return view != nullptr ? std::optional(view->stdout_bytes()) : std::nullopt;
}

std::optional<std::string_view> Knowledge::text_above(std::string_view key) {
  ArtifactView view = above_ != nullptr ? above_->find(key) : ArtifactView();
  if (!view) return std::nullopt;
  return found_above_.emplace_back(std::move(view)).stdout_bytes();
}

void Knowledge::adopt_from_above() {
  for (const ArtifactView& view : found_above_) {
    if (!store_.find(view.key()))
      news_.try_emplace(std::string(view.key()), News{std::string(view.stdout_bytes()), std::string(view.stderr_bytes())});
  }
}

const char* Knowledge::path(std::uint64_t hash) {
  const auto path = text(path_key(hash).text());
  return path && path->ends_with('\0') ? path->data() : nullptr;
}

// The digest, the letter of the times, the digest without comments, and one more letter. Other letters, or another length, are of a version
// that looked for less: the file is read once more.
std::optional<KnownContent> Knowledge::content(const FileStamp& stamp) {
  const auto bytes = text(stamp_key(kDigest, stamp).text());
  constexpr std::size_t kDigestBytes = sizeof(ContentDigest::bytes);
  if (!bytes || bytes->size() != 2 * (kDigestBytes + 1)) return std::nullopt;
  KnownContent content;
  std::memcpy(content.digest.bytes.data(), bytes->data(), kDigestBytes);
  std::memcpy(content.code.bytes.data(), bytes->data() + kDigestBytes + 1, kDigestBytes);
  const unsigned flags = static_cast<unsigned char>(bytes->back()) ^ kFlagsLetter;
  if (flags > (kReadsBytes | kOnlyDefines | kIsElf)) return std::nullopt;
  content.may_read_bytes = (flags & kReadsBytes) != 0;
  content.only_defines = (flags & kOnlyDefines) != 0;
  content.is_elf = (flags & kIsElf) != 0;
  for (const KnowsTimes times : {KnowsTimes::no, KnowsTimes::of_what_is_read, KnowsTimes::of_what_is_asked}) {
    if ((*bytes)[kDigestBytes] != static_cast<char>(times)) continue;
    content.times = times;
    return content;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Knowledge::name(std::string_view path) {
  const std::uint64_t hash = short_hash(path);
  if (const char* known = this->path(hash)) return known == path ? std::optional(hash) : std::nullopt;
  note_text(std::string(path_key(hash).text()), std::string(path) + '\0');
  return hash;
}

void Knowledge::note_content(const FileStamp& stamp, const KnownContent& content) {
  std::string bytes;
  const auto append = [&](const ContentDigest& digest, char letter) {
    bytes.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
    bytes += letter;
  };
  append(content.digest, static_cast<char>(content.times));
  const unsigned flags =
      (content.may_read_bytes ? kReadsBytes : 0U) | (content.only_defines ? kOnlyDefines : 0U) | (content.is_elf ? kIsElf : 0U);
  append(content.code, static_cast<char>(kFlagsLetter ^ flags));
  note_text(std::string(stamp_key(kDigest, stamp).text()), std::move(bytes));
}

std::optional<std::vector<std::uint32_t>> Knowledge::words(const FileStamp& stamp) {
  const auto bytes = text(stamp_key(kWords, stamp).text());
  if (!bytes || bytes->size() % sizeof(std::uint32_t) != 0) return std::nullopt;
  std::vector<std::uint32_t> words(bytes->size() / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes->data(), bytes->size());
  return words;
}

void Knowledge::note_words(const FileStamp& stamp, const std::vector<std::uint32_t>& words) {
  note_text(std::string(stamp_key(kWords, stamp).text()), {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint32_t)});
}

void Knowledge::note_text(std::string key, std::string text) { news_.insert_or_assign(std::move(key), News{std::move(text), {}}); }

void Knowledge::note_manifest(std::string key, std::string manifest, std::string parts) {
  news_.insert_or_assign(std::move(key), News{std::move(manifest), std::move(parts)});
}

result<void> Knowledge::commit(ArtifactStore& store) {
  std::vector<std::pair<std::string, Artifact>> entries;
  entries.reserve(news_.size());
  for (auto& [key, news] : news_) entries.emplace_back(key, Artifact::from_outputs({}, {}, std::move(news.text), std::move(news.parts)));
  news_.clear();
  auto inserted = store.insert_many(entries);
  if (!inserted) return inserted.error();
  return {};
}

void Knowledge::touch_all(ArtifactStore& store) const {
  const std::uint64_t now = now_secs();
  for (const ArtifactView& view : found_) {
    if (view.used_at_secs() + kNotedWithin < now) store.touch(view.key());
  }
}

}  // namespace zccache::cc
