// Whether a live file is trusted: only where every fact in its header agrees with the file, the machine and this program.
#include <sys/stat.h>

#include <cstring>

#include "fuzz.hpp"
#include "segment/segment.hpp"

using namespace zccache;

namespace {

enum Seals : std::uint8_t { kSealIdentity = 1, kSealLayout = 2, kSealOffsets = 4, kSealChecksum = 8 };

std::uint64_t checksum_of(const format::LiveHeader& header) noexcept {
  constexpr std::size_t kFrom = offsetof(format::LiveHeader, fingerprint);
  return format::checksum64(reinterpret_cast<const char*>(&header) + kFrom, offsetof(format::LiveHeader, checksum) - kFrom);
}

void seal(format::LiveHeader& header, const struct stat& status, const BootId& boot, std::uint8_t seals) noexcept {
  if ((seals & kSealIdentity) != 0) {
    header.boot_id = boot;
    header.device = status.st_dev;
    header.inode = status.st_ino;
    header.file_bytes = static_cast<std::uint64_t>(status.st_size);
  }
  if ((seals & kSealLayout) != 0) {
    header.magic = format::kLiveMagic;
    header.version = format::kFormatVersion;
    header.fingerprint = layout_fingerprint();
  }
  if ((seals & kSealOffsets) != 0) {
    header.map_offset = header.map_offset % std::max<std::uint64_t>(header.file_bytes, 1) / 8 * 8;
    header.extent_offset = header.extent_offset % std::max<std::uint64_t>(header.file_bytes, 1) / 8 * 8;
  }
  if ((seals & kSealChecksum) != 0) header.checksum = checksum_of(header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto seals = input.take<std::uint8_t>();
  struct stat status {};
  status.st_dev = 7;
  status.st_ino = 11;
  status.st_nlink = 1;
  status.st_size = static_cast<off_t>(format::kPageBytes) * (1 + input.take<std::uint8_t>());
  const BootId boot{1, 2, 3};
  std::vector<std::uint64_t> page(format::kPageBytes / sizeof(std::uint64_t));
  auto& header = *reinterpret_cast<format::LiveHeader*>(page.data());
  std::ranges::copy(input.take_bytes(sizeof header), std::as_writable_bytes(std::span(page)).begin());
  seal(header, status, boot, seals);

  if (judge(header, status, boot) != Distrust::none) return 0;
  EXPECT(header.magic == format::kLiveMagic && header.version == format::kFormatVersion && header.fingerprint == layout_fingerprint());
  EXPECT(header.checksum == checksum_of(header) && header.boot_id == boot);
  EXPECT(header.device == status.st_dev && header.inode == status.st_ino && header.file_bytes == static_cast<std::uint64_t>(status.st_size));
  for (const std::uint64_t offset : {header.map_offset, header.extent_offset}) {
    EXPECT(offset >= format::kPageBytes && offset % 8 == 0 && offset + 8 <= header.file_bytes);
  }
  return 0;
}
