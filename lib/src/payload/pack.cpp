#include "payload/pack.hpp"

#include <fcntl.h>

#include <cstring>
#include <optional>

#include "base/file.hpp"
#include "format/hash.hpp"
#include "format/layout.hpp"
#include "payload/compression.hpp"
#include "payload/copy.hpp"

namespace zccache {
namespace {

using format::PackEntry;
using format::PackHeader;

constexpr std::size_t front_bytes(std::size_t outputs) noexcept { return sizeof(PackHeader) + outputs * sizeof(PackEntry); }

PackHeader header_of(std::string_view key, std::span<const PackEntry> table, std::uint16_t flags) noexcept {
  const format::Key128 hash = format::hash_key(key);
  PackHeader header{.magic = format::kPackMagic,
                    .version = format::kPackVersion,
                    .flags = flags,
                    .output_count = static_cast<std::uint32_t>(table.size()),
                    .key_low = hash.low,
                    .key_high = hash.high,
                    .checksum = 0};
  header.checksum = format::checksum64(table.data(), table.size_bytes());
  header.checksum = format::checksum64(&header, sizeof header);
  return header;
}

std::vector<PackEntry> table_of(const ArtifactView& entry) {
  std::vector<PackEntry> table;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    const Digest digest = entry.output_digest(i);
    table.push_back({.size = entry.output_size(i), .digest_low = digest.low, .digest_high = digest.high});
  }
  return table;
}

/// Of all outputs, nothing if that is more than a pack may have.
std::optional<std::size_t> payload_bytes(const ArtifactView& entry) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    if (entry.output_size(i) > format::kMaxPackBytes - size) return std::nullopt;
    size += entry.output_size(i);
  }
  return size;
}

void append(std::vector<std::byte>& bytes, const void* data, std::size_t size) {
  const auto* const from = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), from, from + size);
}

/// The whole file, if it has from `least` to `most` bytes.
result<std::vector<std::byte>> read_pack(const std::filesystem::path& path, std::size_t least, std::size_t most) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  const auto status = status_of(fd->get(), path);
  if (!status) return status.error();
  const auto size = static_cast<std::uint64_t>(status->st_size);
  if (!S_ISREG(status->st_mode) || size < least || size > most) return Failure{Error::corrupt, path.string()};
  std::vector<std::byte> bytes(size);
  const PayloadBytes file{.path = path, .fd = std::move(*fd), .bytes = {}, .size = size};
  if (auto read = file.read_to(bytes); !read) return read.error();
  return bytes;
}

/// Whether header and table are those of the entry, to the last bit; the flags are what they are.
bool belongs_to(std::span<const std::byte> file, const ArtifactView& entry, std::uint16_t flags) {
  // What the front has to be follows from the entry.
  const std::vector<PackEntry> table = table_of(entry);
  const PackHeader header = header_of(entry.key(), table, flags);
  return std::memcmp(file.data(), &header, sizeof header) == 0 &&
         (table.empty() || std::memcmp(file.data() + sizeof header, table.data(), table.size() * sizeof(PackEntry)) == 0);
}

}  // namespace

result<NewPack> make_pack(std::string_view key, std::span<const PayloadBytes> outputs, Compression compression) {
  std::size_t size = 0;
  for (const PayloadBytes& output : outputs) size += output.size;
  std::vector<std::byte> payloads(size);
  std::vector<PackEntry> table;
  NewPack pack;
  auto rest = std::span(payloads);
  for (const PayloadBytes& output : outputs) {
    const auto place = rest.first(output.size);
    if (auto read = output.read_to(place); !read) return read.error();
    const Digest digest = digest_of(place);
    table.push_back({.size = output.size, .digest_low = digest.low, .digest_high = digest.high});
    pack.digests.push_back(digest);
    rest = rest.subspan(output.size);
  }
  const auto frame = compression.level != 0 ? compress(payloads, compression.level) : std::nullopt;
  const std::vector<std::byte>& data = frame ? *frame : payloads;
  const PackHeader header = header_of(key, table, frame ? format::kPackZstd : 0);
  pack.bytes.reserve(front_bytes(outputs.size()) + data.size());
  append(pack.bytes, &header, sizeof header);
  append(pack.bytes, table.data(), table.size() * sizeof(PackEntry));
  append(pack.bytes, data.data(), data.size());
  return pack;
}

result<Pack> Pack::open(const std::filesystem::path& path, const ArtifactView& entry) {
  const Failure corrupt{Error::corrupt, path.string()};
  const auto size = payload_bytes(entry);
  if (!size) return corrupt;
  const std::size_t front = front_bytes(entry.output_count());
  auto file = read_pack(path, front, front + *size);
  if (!file) return file.error();
  PackHeader header{};
  std::memcpy(&header, file->data(), sizeof header);
  if (!belongs_to(*file, entry, header.flags)) return corrupt;
  const auto data = std::span(*file).subspan(front);
  if (header.flags == 0) {
    if (data.size() != *size) return corrupt;
    return Pack(path, entry, std::move(*file), front);
  }
  if (header.flags != format::kPackZstd || !can_compress()) return Failure{Error::version_mismatch, path.string()};
  std::vector<std::byte> payloads(*size);
  if (!decompress(data, payloads)) return corrupt;
  return Pack(path, entry, std::move(payloads), 0);
}

PayloadBytes Pack::output(std::size_t i) const {
  std::size_t offset = begin_;
  for (std::size_t before = 0; before < i; ++before) offset += entry_->output_size(before);
  const std::size_t size = entry_->output_size(i);
  return {.path = path_, .fd = {}, .bytes = std::span(bytes_).subspan(offset, size), .size = size};
}

}  // namespace zccache
