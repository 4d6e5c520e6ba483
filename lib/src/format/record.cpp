#include "format/record.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "format/hash.hpp"
#include "format/word_stores.hpp"

namespace zccache::format {
namespace {

std::size_t padded(std::size_t size) noexcept { return (size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment; }

std::uint32_t minutes(std::uint64_t seconds) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds / 60, std::numeric_limits<std::uint32_t>::max()));
}

/// A key as it may stand in a message: shortened, without control bytes.
std::string printable(std::string_view key) {
  constexpr std::size_t kShown = 80;
  std::string text = "key '";
  for (const char c : key.substr(0, kShown)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  text += key.size() > kShown ? "…'" : "'";
  return text;
}

std::size_t unpadded_bytes(std::string_view key, const Artifact& artifact) noexcept {
  std::size_t size = sizeof(RecordHeader) + artifact.output_names.size() * sizeof(OutputEntry) + key.size();
  for (const std::string& output : artifact.output_names) size += output.size();
  return size + artifact.stdout_bytes.size() + artifact.stderr_bytes.size();
}

class Appender {
 public:
  explicit Appender(void* to) noexcept : at_(static_cast<char*>(to)) {}
  void append(const void* data, std::size_t size) noexcept {
    store_by_words(at_, data, size);
    at_ += size;
  }
  void append(std::string_view text) noexcept { append(text.data(), text.size()); }
  /// Within the last word.
  void zero_until(const char* end) noexcept { std::memset(at_, 0, static_cast<std::size_t>(end - at_)); }

 private:
  char* at_;
};

void seal(RecordHeader* record) noexcept {
  record->checksum = checksum64(reinterpret_cast<const char*>(record) + kRecordChecksumFrom, record->length - kRecordChecksumFrom);
}

OutputEntry output_entry(const Artifact& artifact, std::size_t i, std::uint32_t name_end) noexcept {
  const Digest digest = artifact.output_digests.empty() ? Digest{} : artifact.output_digests[i];
  return {.size = artifact.output_sizes[i],
          .digest_low = digest.low,
          .digest_high = digest.high,
          .name_end = name_end,
          .mode = artifact.output_modes.empty() ? 0 : artifact.output_modes[i]};
}

/// Whether the parts fill the record, to the padding. Every access to a part relies on it.
bool parts_add_up(const RecordHeader& record) noexcept {
  std::uint64_t size = sizeof(RecordHeader) + std::uint64_t{record.output_count} * sizeof(OutputEntry);
  if (size > record.length) return false;
  std::uint32_t names = 0;
  for (const OutputEntry& output : std::span(outputs_of(record), record.output_count)) {
    if (output.name_end < names) return false;
    names = output.name_end;
  }
  size += std::uint64_t{record.key_size} + names + record.stdout_size + record.stderr_size;
  return record.length == padded(size);
}

/// The checksum comes last, once: what a kill, or a copy of the file, leaves before that is no record, and after it the one that was meant.
RecordHeader* encode(void* to, std::string_view key, const Artifact& artifact, std::uint64_t sequence, std::uint16_t flags) noexcept {
  const std::size_t length = record_bytes(key, artifact);
  const RecordHeader header{.magic = kRecordMagic,
                            .length = static_cast<std::uint32_t>(length),
                            .checksum = 0,
                            .used_at_minutes = minutes(artifact.stored_at_secs),
                            .exit_code = artifact.exit_code,
                            .sequence = sequence,
                            .stored_at_secs = artifact.stored_at_secs,
                            .total_size = artifact.total_size,
                            .flags = flags,
                            .key_size = static_cast<std::uint16_t>(key.size()),
                            .output_count = static_cast<std::uint32_t>(artifact.output_names.size()),
                            .stdout_size = static_cast<std::uint32_t>(artifact.stdout_bytes.size()),
                            .stderr_size = static_cast<std::uint32_t>(artifact.stderr_bytes.size())};
  auto* record = static_cast<RecordHeader*>(to);
  Appender out(to);
  out.append(&header, sizeof header);
  std::uint32_t name_end = 0;
  for (std::size_t i = 0; i < artifact.output_names.size(); ++i) {
    name_end += static_cast<std::uint32_t>(artifact.output_names[i].size());
    const OutputEntry output = output_entry(artifact, i, name_end);
    out.append(&output, sizeof output);
  }
  out.append(key);
  for (const std::string& output : artifact.output_names) out.append(output);
  out.append(artifact.stdout_bytes);
  out.append(artifact.stderr_bytes);
  out.zero_until(static_cast<const char*>(to) + length);
  seal(record);
  return record;
}

}  // namespace

bool is_valid_key(std::string_view key) noexcept {
  // Without a branch for each byte, so that the compiler can look at many at once.
  unsigned refused = 0;
  for (const char c : key)
    refused |= static_cast<unsigned>(static_cast<unsigned char>(c) < 0x20) | static_cast<unsigned>(c == 0x7f || c == '/');
  return !key.empty() && key.size() <= kMaxKeyBytes && refused == 0;
}

result<void> check_entry(std::string_view key, const Artifact& artifact) {
  if (!is_valid_key(key)) return Failure{Error::invalid_key, printable(key)};
  const std::size_t outputs = artifact.output_names.size();
  const auto parallel_or_empty = [&](std::size_t size) { return size == 0 || size == outputs; };
  if (artifact.output_sizes.size() != outputs || !parallel_or_empty(artifact.output_modes.size()) ||
      !parallel_or_empty(artifact.output_digests.size())) {
    return Failure{Error::invalid_artifact, printable(key)};
  }
  if (unpadded_bytes(key, artifact) > kMaxRecordBytes - kRecordAlignment) return Failure{Error::record_too_large, printable(key)};
  return {};
}

std::size_t record_bytes(std::string_view key, const Artifact& artifact) noexcept { return padded(unpadded_bytes(key, artifact)); }

std::size_t tombstone_bytes(std::string_view key) noexcept { return padded(sizeof(RecordHeader) + key.size()); }

RecordHeader* encode_record(void* to, std::string_view key, const Artifact& artifact, std::uint64_t sequence) noexcept {
  return encode(to, key, artifact, sequence, 0);
}

RecordHeader* encode_tombstone(void* to, std::string_view key, std::uint64_t sequence) noexcept {
  return encode(to, key, Artifact{}, sequence, kTombstone);
}

RecordHeader* copy_record(void* to, const RecordHeader& record) noexcept {
  // All but the word that others may be writing, then that word.
  constexpr std::size_t kBefore = offsetof(RecordHeader, used_at_minutes);
  constexpr std::size_t kAfter = kBefore + sizeof(RecordHeader::used_at_minutes);
  const auto* from = reinterpret_cast<const std::byte*>(&record);
  store_by_words(to, from, kBefore);
  store_by_words(static_cast<std::byte*>(to) + kAfter, from + kAfter, record.length - kAfter);
  auto* copy = static_cast<RecordHeader*>(to);
  copy->used_at_minutes.store(record.used_at_minutes.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return copy;
}

void note_use(const RecordHeader& record, std::uint64_t now_secs) noexcept {
  auto& word = const_cast<RecordHeader&>(record).used_at_minutes;
  const std::uint32_t now = minutes(now_secs);
  const std::uint32_t before = word.load(std::memory_order_relaxed);
  // Also a time to come is corrected: the clock was set back, or the word is damaged. Relaxed: of two who write at once either is right.
  if (now < before || now - before >= kUsedAtMinutes) word.store(now, std::memory_order_relaxed);
}

const RecordHeader* checked_record(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < sizeof(RecordHeader)) return nullptr;
  const auto& record = *reinterpret_cast<const RecordHeader*>(bytes.data());
  if (record.magic != kRecordMagic || record.length < sizeof(RecordHeader) || record.length > kMaxRecordBytes) return nullptr;
  if (record.length > bytes.size() || record.length % kRecordAlignment != 0) return nullptr;
  // The checksum comes before the parts: what it vouches for was written by encode_record.
  if (record.checksum != checksum64(bytes.data() + kRecordChecksumFrom, record.length - kRecordChecksumFrom)) return nullptr;
  return parts_add_up(record) ? &record : nullptr;
}

const RecordHeader* next_record(std::span<const std::byte> bytes, std::size_t* offset, std::size_t end) noexcept {
  for (; *offset < end && *offset + sizeof(RecordHeader) <= bytes.size(); *offset += kRecordAlignment) {
    if (const RecordHeader* record = checked_record(bytes.subspan(*offset))) {
      *offset += record->length;
      return record;
    }
  }
  return nullptr;
}

}  // namespace zccache::format
