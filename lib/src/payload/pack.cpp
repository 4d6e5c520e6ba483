#include "payload/pack.hpp"

#include <fcntl.h>

#include <cstring>

#include "base/file.hpp"
#include "format/hash.hpp"
#include "format/layout.hpp"
#include "payload/copy.hpp"

namespace zccache {
namespace {

using format::PackEntry;
using format::PackHeader;

constexpr std::size_t front_bytes(std::size_t outputs) noexcept { return sizeof(PackHeader) + outputs * sizeof(PackEntry); }

PackHeader header_of(std::string_view key, std::span<const PackEntry> table) noexcept {
  const format::Key128 hash = format::hash_key(key);
  PackHeader header{.magic = format::kPackMagic,
                    .version = format::kPackVersion,
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

/// Of the whole file, nothing if it is larger than a pack may be.
std::optional<std::size_t> pack_bytes(const ArtifactView& entry) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    if (entry.output_size(i) > format::kMaxPackBytes - size) return std::nullopt;
    size += entry.output_size(i);
  }
  return front_bytes(entry.output_count()) + size;
}

}  // namespace

result<NewPack> make_pack(std::string_view key, std::span<const PayloadBytes> outputs) {
  std::size_t size = front_bytes(outputs.size());
  for (const PayloadBytes& output : outputs) size += output.size;
  NewPack pack{.bytes = std::vector<std::byte>(size), .digests = {}};
  std::vector<PackEntry> table;
  auto rest = std::span(pack.bytes).subspan(front_bytes(outputs.size()));
  for (const PayloadBytes& output : outputs) {
    const auto place = rest.first(output.size);
    if (auto read = output.read_to(place); !read) return read.error();
    const Digest digest = digest_of(place);
    table.push_back({.size = output.size, .digest_low = digest.low, .digest_high = digest.high});
    pack.digests.push_back(digest);
    rest = rest.subspan(output.size);
  }
  const PackHeader header = header_of(key, table);
  std::memcpy(pack.bytes.data(), &header, sizeof header);
  if (!table.empty()) std::memcpy(pack.bytes.data() + sizeof header, table.data(), table.size() * sizeof(PackEntry));
  return pack;
}

std::optional<Pack> Pack::open(const std::filesystem::path& path, const ArtifactView& entry) {
  const auto size = pack_bytes(entry);
  auto fd = open_file(path, O_RDONLY);
  if (!fd || !size) return std::nullopt;
  const auto status = status_of(fd->get(), path);
  if (!status || !S_ISREG(status->st_mode) || static_cast<std::uint64_t>(status->st_size) != *size) return std::nullopt;
  std::vector<std::byte> bytes(*size);
  const PayloadBytes file{.path = path, .fd = std::move(*fd), .bytes = {}, .size = *size};
  if (!file.read_to(bytes)) return std::nullopt;
  // What the front has to be follows from the entry, to the last bit.
  const std::vector<PackEntry> table = table_of(entry);
  const PackHeader header = header_of(entry.key(), table);
  const bool right = std::memcmp(bytes.data(), &header, sizeof header) == 0 &&
                     (table.empty() || std::memcmp(bytes.data() + sizeof header, table.data(), table.size() * sizeof(PackEntry)) == 0);
  return right ? std::optional(Pack(path, std::move(bytes))) : std::nullopt;
}

PayloadBytes Pack::output(std::size_t i) const {
  PackHeader header{};
  std::memcpy(&header, bytes_.data(), sizeof header);
  std::size_t offset = front_bytes(header.output_count);
  PackEntry row{};
  for (std::size_t row_number = 0; row_number <= i; ++row_number) {
    offset += row.size;
    std::memcpy(&row, bytes_.data() + sizeof header + row_number * sizeof row, sizeof row);
  }
  return {.path = path_, .fd = {}, .bytes = std::span(bytes_).subspan(offset, row.size), .size = row.size};
}

}  // namespace zccache
