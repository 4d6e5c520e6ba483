#include "zccache-cc/facts/knowledge.hpp"

#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

namespace zccache::cc {
namespace {

constexpr std::string_view kPath = "path:";
constexpr std::string_view kDigest = "digest:";
constexpr std::string_view kManifest = "manifest:";
constexpr std::string_view kImages = "images:";

// A use is noted to within ten minutes: there is nothing to do for what was used since.
constexpr std::uint64_t kNotedWithin = 600;

std::string hex_of_number(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(2 * sizeof number, '0');
  for (std::size_t i = hex.size(); i-- != 0; number >>= 4U) hex[i] = kDigits[number & 15U];
  return hex;
}

std::string path_key(std::uint64_t hash) { return std::string(kPath) + hex_of_number(hash); }

// Half of a digest names the stamp: whoever can choose inodes and times to the nanosecond owns the machine.
std::string digest_key(const FileStamp& stamp) {
  const ContentDigest digest = Hasher()
                                   .add(stamp.size)
                                   .add(static_cast<std::uint64_t>(stamp.modified_ns))
                                   .add(static_cast<std::uint64_t>(stamp.changed_ns))
                                   .add(stamp.inode)
                                   .add(stamp.device)
                                   .digest();
  return std::string(kDigest) + hex_of(digest).substr(0, 32);
}

std::uint64_t now_secs() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

bool is_knowledge_key(std::string_view key) noexcept {
  return key.starts_with(kPath) || key.starts_with(kDigest) || key.starts_with(kManifest) || key.starts_with(kImages);
}

bool is_manifest_key(std::string_view key) noexcept { return key.starts_with(kManifest); }
std::string manifest_key(const ContentDigest& first_key) { return std::string(kManifest) + hex_of(first_key); }

const ArtifactView* Knowledge::find(const std::string& key) {
  if (const auto found = found_.find(key); found != found_.end()) return &found->second.view;
  ArtifactView view = store_.find(key);
  const bool is_above = !view && above_ != nullptr;
  if (is_above) view = above_->find(key);
  if (!view) return nullptr;
  return &found_.emplace(key, Found{std::move(view), is_above}).first->second.view;
}

std::optional<std::string_view> Knowledge::text(const std::string& key) {
  if (const auto news = news_.find(key); news != news_.end()) return news->second.text;
  const ArtifactView* view = find(key);
  return view != nullptr ? std::optional(view->stdout_bytes()) : std::nullopt;
}

std::optional<std::string_view> Knowledge::text_above(const std::string& key) {
  ArtifactView view = above_ != nullptr ? above_->find(key) : ArtifactView();
  if (!view) return std::nullopt;
  return views_above_.emplace_back(std::move(view)).stdout_bytes();
}

void Knowledge::adopt_from_above() {
  for (const auto& [key, found] : found_) {
    if (found.is_above) news_.try_emplace(key, News{std::string(found.view.stdout_bytes()), std::string(found.view.stderr_bytes())});
  }
}

const char* Knowledge::path(std::uint64_t hash) {
  const auto path = text(path_key(hash));
  return path && path->ends_with('\0') ? path->data() : nullptr;
}

std::optional<ContentDigest> Knowledge::digest(const FileStamp& stamp) {
  const auto bytes = text(digest_key(stamp));
  ContentDigest digest;
  if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
  std::memcpy(digest.bytes.data(), bytes->data(), bytes->size());
  return digest;
}

std::optional<std::uint64_t> Knowledge::name(std::string_view path) {
  const std::uint64_t hash = short_hash(path);
  std::string key = path_key(hash);
  const std::string text(path.data(), path.size());
  if (const char* known = this->path(hash)) return known == text ? std::optional(hash) : std::nullopt;
  note_text(std::move(key), text + '\0');
  return hash;
}

void Knowledge::note_digest(const FileStamp& stamp, const ContentDigest& digest) {
  note_text(digest_key(stamp), std::string(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()));
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
  for (const auto& [key, found] : found_) {
    if (!found.is_above && found.view.used_at_secs() + kNotedWithin < now) store.touch(key);
  }
}

}  // namespace zccache::cc
