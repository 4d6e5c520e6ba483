#include "segment/segment.hpp"

#include <boost/version.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "format/hash.hpp"
#include "segment/extent.hpp"

namespace zccache {
namespace {

namespace bi = boost::interprocess;

/// More than what Boost's allocator keeps beside one allocation.
constexpr std::size_t kAllocationBytes = 64;

/// Blocks are asked for in pieces of this size and alignment. Where a file has large pages, the first store into one takes blocks for all of
/// it: if the disk had none left for a part, that would be a SIGBUS.
constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;

std::size_t large_page_end(std::size_t offset) noexcept { return (offset + kLargePageBytes - 1) / kLargePageBytes * kLargePageBytes; }

/// A new file has blocks before `front` and from `back` on.
struct Ends {
  std::size_t front, back;
};
Ends ends_with_blocks(std::size_t file_bytes, std::size_t reserve, std::size_t extent_bytes) noexcept {
  const std::size_t front = std::min(file_bytes, large_page_end(2 * format::kPageBytes + reserve + extent_bytes));
  return {front, std::max(front, (file_bytes - 1) / kLargePageBytes * kLargePageBytes)};
}

constexpr std::size_t kChecksumFrom = offsetof(format::LiveHeader, fingerprint);

/// What mapped_region maps: any descriptor, where Boost's own file_mapping insists on a name.
struct DescriptorMapping {
  bi::file_handle_t descriptor;
  bi::mode_t mode;
  [[nodiscard]] bi::mapping_handle_t get_mapping_handle() const noexcept { return bi::ipcdetail::mapping_handle_from_file_handle(descriptor); }
  [[nodiscard]] bi::mode_t get_mode() const noexcept { return mode; }
};

result<bi::mapped_region> map(int fd, Access access, std::size_t size, const std::filesystem::path& path) {
  const bi::mode_t mode = access == Access::read_only ? bi::read_only : bi::read_write;
  try {
    return bi::mapped_region(DescriptorMapping{fd, mode}, mode, 0, size);
  } catch (const bi::interprocess_exception& failure) {
    return system_failure(path.string(), failure.get_native_error());
  }
}

std::uint64_t header_checksum(const format::LiveHeader& header) noexcept {
  return format::checksum64(reinterpret_cast<const char*>(&header) + kChecksumFrom, offsetof(format::LiveHeader, checksum) - kChecksumFrom);
}

bool offsets_in_range(const format::LiveHeader& header) noexcept {
  const auto inside = [&](std::uint64_t offset, std::size_t size) {
    return offset >= format::kPageBytes && offset % format::kRecordAlignment == 0 && offset <= header.file_bytes &&
           size <= header.file_bytes - offset;
  };
  return inside(header.map_offset, 8) && inside(header.extent_offset, sizeof(format::ExtentHeader));
}

result<void> check_ownership(const struct stat& status, const std::filesystem::path& path) {
  if (!S_ISREG(status.st_mode)) return Failure{Error::corrupt, path.string()};
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return Failure{Error::directory_untrusted, path.string()};
  return {};
}

}  // namespace

const char* name(Distrust distrust) noexcept {
  switch (distrust) {
    case Distrust::none:
      return "ok";
    case Distrust::damaged:
      return "damaged";
    case Distrust::other_version:
      return "other_version";
    case Distrust::other_boot:
      return "other_boot";
    case Distrust::moved:
      return "moved";
  }
  return "damaged";
}

std::uint64_t layout_fingerprint() noexcept {
  // The map's own size and layout follow from the Boost version, the pointer type and the compiler's ABI.
  const std::uint64_t facts[] = {format::kFormatVersion,
                                 BOOST_VERSION,
                                 sizeof(void*),
                                 sizeof(std::size_t),
                                 sizeof(format::LiveHeader),
                                 sizeof(format::ExtentHeader),
                                 offsetof(format::LiveHeader, life),
                                 offsetof(format::LiveHeader, counts),
                                 offsetof(format::LiveHeader, pending),
                                 offsetof(format::LiveHeader, highest_sequence),
                                 offsetof(format::LiveHeader, awaited_since),
                                 offsetof(format::LiveHeader, flushed_sequence),
                                 offsetof(format::LiveHeader, flushed_used),
                                 offsetof(format::LiveHeader, shared),
                                 sizeof(format::RecordHeader),
                                 sizeof(format::OutputEntry),
                                 sizeof(ManagedSegment::segment_manager),
                                 XXH_VERSION_MAJOR};
  return format::checksum64(facts, sizeof facts);
}

Distrust judge(const format::LiveHeader& header, const struct stat& status, const BootId& boot) noexcept {
  if (header.magic != format::kLiveMagic) return Distrust::damaged;
  if (header.version != format::kFormatVersion) return Distrust::other_version;
  // Before the checksum, which another layout may have elsewhere.
  if (header.fingerprint != layout_fingerprint()) return Distrust::other_version;
  if (header.checksum != header_checksum(header)) return Distrust::damaged;
  if (header.boot_id != boot) return Distrust::other_boot;
  // With a second name it may lie in another directory as well, and be renewed there while it is used here.
  if (header.device != status.st_dev || header.inode != status.st_ino || status.st_nlink > 1) return Distrust::moved;
  if (header.file_bytes != static_cast<std::uint64_t>(status.st_size) || !offsets_in_range(header)) return Distrust::damaged;
  return Distrust::none;
}

result<Segment> Segment::create(const LockedTemporary& file, std::size_t file_bytes, std::size_t reserve, std::size_t extent_bytes) {
  const std::filesystem::path& temporary = file.path();
  ask_for_changes_in_place(file.fd());
  // Before anything is mapped: a store into a mapped hole of a full disk is a SIGBUS. Boost's allocator stores at both ends of its memory.
  const Ends ends = ends_with_blocks(file_bytes, reserve, extent_bytes);
  const std::size_t front = ends.front;  // not bound: clang 14 lets no lambda use a structured binding
  const std::size_t back = ends.back;
  if (auto blocks = allocate_blocks(file.fd(), 0, front, temporary); !blocks) return blocks.error();
  if (back < file_bytes) {
    if (auto blocks = allocate_blocks(file.fd(), back, file_bytes - back, temporary); !blocks) return blocks.error();
  }
  auto status = status_of(file.fd(), temporary);
  if (!status) return status.error();
  auto region = map(file.fd(), Access::read_write, file_bytes, temporary);
  if (!region) return region.error();
  // Where the file system has large pages for files (ext4 since Linux 6.16, xfs, tmpfs if told to), this file gets them, for all who will ever
  // map it: a few page faults for an attach, and one level of address translation less for every lookup. Elsewhere nothing happens.
  ::madvise(region->get_address(), file_bytes, MADV_HUGEPAGE);

  Segment segment(std::move(*region), *status);
  try {
    if (!segment.store([&] { segment.lay_out(reserve, front); })) return system_failure(temporary.string(), ENOSPC);
  } catch (const std::exception&) {
    return Failure{Error::no_space, temporary.string(), ENOMEM};  // smaller than its own bookkeeping
  }
  return segment;
}

void Segment::lay_out(std::size_t reserve, std::size_t front) const {
  auto* header = new (region_.get_address()) format::LiveHeader{};
  header->file_bytes = size();
  ManagedSegment managed(bi::create_only, at<void>(format::kPageBytes), size() - format::kPageBytes);
  // What an attach looks at lies together at the front: behind the extent it would cost another page fault.
  void* named_objects = managed.allocate(reserve);
  const std::size_t capacity = managed.get_free_memory() - kAllocationBytes;
  auto* extent =
      new (managed.allocate(capacity)) format::ExtentHeader{.capacity = capacity - sizeof(format::ExtentHeader), .allocated = 0, .used = 0};
  managed.deallocate(named_objects);
  header->extent_offset = offset_of(extent);
  extent->allocated = std::min<std::uint64_t>(extent->capacity, front - offset_of(extent_memory(*extent)));
}

std::size_t Segment::first_blocks(std::size_t file_bytes, std::size_t reserve, std::size_t extent_bytes) noexcept {
  const auto [front, back] = ends_with_blocks(file_bytes, reserve, extent_bytes);
  return front + (file_bytes - back);
}

result<bool> Segment::make_room(int fd, std::size_t bytes, const std::filesystem::path& path) const {
  format::ExtentHeader& extent = this->extent();
  if (extent_available(extent) >= bytes) return true;
  // Relaxed, here and below: only the holder of the writer lock reads or changes them.
  const std::uint64_t used = extent.used.load(std::memory_order_relaxed);
  const std::uint64_t allocated = extent.allocated.load(std::memory_order_relaxed);
  if (used > allocated || allocated > extent.capacity || bytes > extent.capacity - used) return false;
  const std::uint64_t begin = offset_of(extent_memory(extent));
  // Not to the end of the file: what Boost keeps there has its blocks, and taking some may be writing zeros.
  const std::uint64_t end = std::min(begin + extent.capacity, large_page_end(begin + used + bytes));
  if (auto blocks = allocate_blocks(fd, begin + allocated, end - begin - allocated, path); !blocks) return blocks.error();
  if (!store([&] { extent.allocated.store(end - begin, std::memory_order_relaxed); })) return system_failure(path.string(), ENOSPC);
  return extent_available(extent) >= bytes;
}

std::size_t Segment::allocated_bytes() const noexcept {
  const std::uint64_t front = offset_of(extent_memory(extent())) + extent().allocated.load(std::memory_order_relaxed);
  const std::uint64_t back = (size() - 1) / kLargePageBytes * kLargePageBytes;
  return front >= back ? size() : front + (size() - back);
}

void Segment::seal(const struct stat& status, const BootId& boot, std::uint64_t now_secs) noexcept {
  format::LiveHeader& header = this->header();
  header.magic = format::kLiveMagic;
  header.version = format::kFormatVersion;
  header.fingerprint = layout_fingerprint();
  header.boot_id = boot;
  header.device = status.st_dev;
  header.inode = status.st_ino;
  header.created_at_secs = now_secs;
  header.checksum = header_checksum(header);
}

result<Segment> Segment::attach(const std::filesystem::path& path, Access access, const BootId& boot, Distrust* distrust) {
  *distrust = Distrust::none;
  auto fd = open_file(path, access == Access::read_only ? O_RDONLY : O_RDWR);
  if (!fd) {
    // A symlink where our own file should be: never followed, never ours.
    if (fd.error().system_error == ELOOP) return Failure{Error::directory_untrusted, path.string(), ELOOP};
    return fd.error();
  }
  auto status = status_of(fd->get(), path);
  if (!status) return status.error();
  if (auto owned = check_ownership(*status, path); !owned) return owned.error();
  if (static_cast<std::size_t>(status->st_size) <= format::kPageBytes) {
    *distrust = Distrust::damaged;
    return Failure{Error::corrupt, path.string()};
  }
  auto region = map(fd->get(), access, static_cast<std::size_t>(status->st_size), path);
  if (!region) return region.error();
  Segment segment(std::move(*region), *status);
  *distrust = judge(segment.header(), *status, boot);
  if (*distrust == Distrust::other_version) return Failure{Error::version_mismatch, path.string()};
  if (*distrust != Distrust::none) return Failure{Error::corrupt, path.string()};
  if (access == Access::read_write) segment.file_ = std::make_unique<LockableFile>(std::move(*fd), *status);
  return segment;
}

result<bool> Segment::reopen_if_needed(const std::filesystem::path& path) {
  if (file_->is_open()) return true;
  auto fd = open_file(path, O_RDWR);
  if (!fd) return is_about_the_file(fd.error()) ? result<bool>(false) : fd.error();
  auto status = status_of(fd->get(), path);
  if (!status) return status.error();
  // While it is mapped here, no other file can have its number.
  if (FileIdentity::of(*status) != identity()) return false;
  file_->open(std::move(*fd), *status);
  return true;
}

ManagedSegment Segment::managed() const {
  return {bi::open_only, static_cast<std::byte*>(region_.get_address()) + format::kPageBytes, size() - format::kPageBytes};
}

}  // namespace zccache
