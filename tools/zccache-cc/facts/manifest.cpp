#include "zccache-cc/facts/manifest.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace zccache::cc {
namespace {

// Raise it when the bytes or the meaning of a fact change: older manifests are then as good as none.
constexpr std::uint32_t kManifestVersion = 2;
constexpr std::uint32_t kMagic = 0x464D'435A;  // "ZCMF"

class Writer {
 public:
  template <class Number>
  requires std::is_integral_v<Number>
  void put(Number number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void put(const ContentDigest& digest) { bytes_.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()); }
  template <class List, class Put>
  void put_list(const List& list, Put put_one) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const auto& one : list) put_one(one);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what is there; after the end everything is zero, and ok() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  requires std::is_integral_v<Number> Number get() {
    Number number{};
    copy(&number, sizeof number);
    return number;
  }
  ContentDigest get_digest() {
    ContentDigest digest;
    copy(digest.bytes.data(), digest.bytes.size());
    return digest;
  }
  template <class List, class Get>
  void get_list(List& list, Get get_one) {
    const auto size = get<std::uint32_t>();
    if (size > rest_.size()) return fail();  // each takes a byte at least
    list.reserve(size);
    for (std::uint32_t i = 0; i < size && ok_; ++i) list.push_back(get_one());
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  void copy(void* to, std::size_t size) {
    if (rest_.size() < size) return fail();
    std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
  }

  std::string_view rest_;
  bool ok_ = true;
};

enum Flags : std::uint8_t { kDirectoryCounts = 1, kObjectNameCounts = 2, kCommentsDoNotCount = 4, kTerminalCounts = 8 };

void put_entry(Writer& to, const ManifestEntry& entry) {
  to.put(entry.result);
  to.put(entry.compile_millis);
  to.put(entry.images);
  to.put(entry.variables);
  to.put(static_cast<std::uint8_t>((entry.directory_counts ? kDirectoryCounts : 0) | (entry.object_name_counts ? kObjectNameCounts : 0) |
                                   (entry.comments_count ? 0 : kCommentsDoNotCount) | (entry.terminal_counts ? kTerminalCounts : 0)));
  to.put(entry.place);
  to.put(entry.contents);
  to.put(entry.identities);
  for (const auto* files : {&entry.plain_files, &entry.files}) {
    to.put_list(*files, [&](const ManifestEntry::StoredFile& file) {
      to.put(file.path);
      to.put(file.hint);
    });
  }
  to.put_list(entry.facts, [&](const ManifestEntry::StoredFact& fact) {
    to.put(static_cast<std::uint8_t>(fact.kind));
    to.put(fact.argument);
    to.put(fact.path);
    to.put(fact.value);
  });
  to.put_list(entry.absent, [&](const ManifestEntry::StoredAbsentNames& absent) {
    to.put(absent.directory);
    to.put(absent.stamp);
    to.put_list(absent.names, [&](std::uint32_t name) { to.put(name); });
  });
  to.put_list(entry.definitions, [&](const ManifestEntry::StoredDefinitions& definitions) {
    to.put(definitions.path);
    to.put(definitions.seen);
    to.put(definitions.counted);
    to.put_list(definitions.named, [&](std::uint32_t name) { to.put(name); });
  });
}

ManifestEntry get_entry(Reader& from) {
  ManifestEntry entry;
  entry.result = from.get_digest();
  entry.compile_millis = from.get<std::uint32_t>();
  entry.images = from.get<std::uint64_t>();
  entry.variables = from.get_digest();
  const auto flags = from.get<std::uint8_t>();
  entry.directory_counts = (flags & kDirectoryCounts) != 0;
  entry.object_name_counts = (flags & kObjectNameCounts) != 0;
  entry.comments_count = (flags & kCommentsDoNotCount) == 0;
  entry.terminal_counts = (flags & kTerminalCounts) != 0;
  entry.place = from.get_digest();
  entry.contents = from.get_digest();
  entry.identities = from.get<std::uint64_t>();
  for (auto* files : {&entry.plain_files, &entry.files}) {
    from.get_list(*files, [&] {
      ManifestEntry::StoredFile file;
      file.path = from.get<std::uint64_t>();
      file.hint = from.get<std::uint16_t>();
      return file;
    });
  }
  from.get_list(entry.facts, [&] {
    ManifestEntry::StoredFact fact;
    fact.kind = static_cast<FactKind>(from.get<std::uint8_t>());
    fact.argument = from.get<std::uint8_t>();
    fact.path = from.get<std::uint64_t>();
    fact.value = from.get<std::uint64_t>();
    return fact;
  });
  from.get_list(entry.absent, [&] {
    ManifestEntry::StoredAbsentNames absent;
    absent.directory = from.get<std::uint64_t>();
    absent.stamp = from.get<std::uint64_t>();
    from.get_list(absent.names, [&] { return from.get<std::uint32_t>(); });
    return absent;
  });
  from.get_list(entry.definitions, [&] {
    ManifestEntry::StoredDefinitions definitions;
    definitions.path = from.get<std::uint64_t>();
    definitions.seen = from.get_digest();
    definitions.counted = from.get_digest();
    from.get_list(definitions.named, [&] { return from.get<std::uint32_t>(); });
    return definitions;
  });
  return entry;
}

}  // namespace

std::string encode_manifest(const std::vector<ManifestEntry>& entries) {
  Writer bytes;
  bytes.put(kMagic);
  bytes.put(kManifestVersion);
  bytes.put_list(entries, [&](const ManifestEntry& entry) { put_entry(bytes, entry); });
  return bytes.take();
}

std::optional<std::vector<ManifestEntry>> decode_manifest(std::string_view bytes) {
  Reader from(bytes);
  if (from.get<std::uint32_t>() != kMagic || from.get<std::uint32_t>() != kManifestVersion) return std::nullopt;
  std::vector<ManifestEntry> entries;
  from.get_list(entries, [&] { return get_entry(from); });
  if (!from.at_end()) return std::nullopt;
  return entries;
}

}  // namespace zccache::cc
