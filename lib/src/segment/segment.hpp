// The file of the live index, mapped: a page of header, then a Boost.Interprocess managed segment. The only user of Boost.Interprocess.
//
// The file is opened and checked by our own descriptor before one byte of it is mapped, and mapped through that descriptor. Boost's
// managed_mapped_file does neither: it waits for ever for a file whose making was interrupted, it follows names where the file behind the name
// may have changed since it was checked, and it makes its files sparse, so that the first store on a full disk is a SIGBUS. So the segment is a
// basic_managed_external_buffer inside a mapped_region.
#pragma once

#include <boost/interprocess/indexes/iset_index.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <boost/interprocess/sync/mutex_family.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <zccache/result.hpp>

#include "base/boot.hpp"
#include "base/byte_lock.hpp"
#include "base/file.hpp"
#include "base/guarded_stores.hpp"
#include "base/locked_temporary.hpp"
#include "format/layout.hpp"

// Boost counts the processors before main(), for spin locks that nobody takes here. To count them it opens a file in /sys, which every compile
// would pay for.
// (clang takes the number for used by now, and goes on counting.)
#ifndef __clang__
template <>
inline unsigned int boost::interprocess::ipcdetail::num_core_holder<0>::num_cores = 1;
#endif

namespace zccache {

/// No mutex of Boost's: theirs belong to thread ids, which two containers share, and a kill inside one makes the file unusable. Writers hold
/// the lock of the index, readers need none.
using ManagedSegment =
    boost::interprocess::basic_managed_external_buffer<char, boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>,
                                                       boost::interprocess::iset_index>;

enum class Access { read_only, read_write };

/// Why a file at the live path is not used as a map.
enum class Distrust {
  none,
  damaged,        ///< not a live index, truncated, or its header does not agree with itself
  other_version,  ///< another format version or another layout of what is shared
  other_boot,     ///< the machine was restarted since
  moved,          ///< a copy, or a restored file: not the file that was mapped by others
};
[[nodiscard]] const char* name(Distrust distrust) noexcept;

/// Everything about the shared bytes that the compiler and Boost decide, in one number: files of a different one are not mapped.
[[nodiscard]] std::uint64_t layout_fingerprint() noexcept;

/// Whether a header found in a file may be trusted, given that file's status. Looks at nothing but its arguments.
[[nodiscard]] Distrust judge(const format::LiveHeader& header, const struct stat& status, const BootId& boot) noexcept;

/// One mapped live index file. Movable; unmaps in its destructor. Nobody else's mapping is affected.
class Segment {
 public:
  /// Makes `file` one of `file_bytes`, with a managed segment in it, and one extent that takes all of its memory but `reserve`, which is left
  /// for named objects. The disk is asked for blocks for the front, so that `extent_bytes` of the extent are available, and for the rest as the
  /// extent fills (make_room()). The header lacks what seal() adds.
  [[nodiscard]] static result<Segment> create(const LockedTemporary& file, std::size_t file_bytes, std::size_t reserve,
                                              std::size_t extent_bytes);

  /// The bytes that the disk gives to such a file at first.
  [[nodiscard]] static std::size_t first_blocks(std::size_t file_bytes, std::size_t reserve, std::size_t extent_bytes) noexcept;

  /// Maps the file at `path` if it can be trusted. Where it cannot, `*distrust` says why and the error is `corrupt` or `version_mismatch`.
  /// Errors besides: not_found, directory_untrusted (somebody else's file, or writable by others), io. Four system calls.
  [[nodiscard]] static result<Segment> attach(const std::filesystem::path& path, Access access, const BootId& boot, Distrust* distrust);

  /// Completes the write-once part of a created segment: everything but the offsets and the generation, which the caller has set.
  void seal(const struct stat& status, const BootId& boot, std::uint64_t now_secs) noexcept;

  /// The file itself, for locks and more blocks; null if it is mapped read-only.
  [[nodiscard]] LockableFile* file() const noexcept { return file_.get(); }
  /// Makes sure that file() is open, through `path` where a fork or the host closed it. False: another file, or none, is there. Requires that
  /// it is mapped read_write, and that no other thread does the same.
  [[nodiscard]] result<bool> reopen_if_needed(const std::filesystem::path& path);
  /// Of a created segment: the file with its lock.
  void take(std::unique_ptr<LockableFile> file) noexcept { file_ = std::move(file); }

  /// Makes `bytes` of the extent available by asking the disk for blocks. False if the file has no room for so much. `fd` is this file, open
  /// for writing. Requires the writer lock. A kill in here leaves blocks that the next call asks for again. Errors: no_space, io.
  [[nodiscard]] result<bool> make_room(int fd, std::size_t bytes, const std::filesystem::path& path) const;

  /// Bytes that the file takes on the disk, and will not fall below.
  [[nodiscard]] std::size_t allocated_bytes() const noexcept;

  [[nodiscard]] format::LiveHeader& header() const noexcept { return *static_cast<format::LiveHeader*>(region_.get_address()); }
  [[nodiscard]] format::ExtentHeader& extent() const noexcept { return *at<format::ExtentHeader>(header().extent_offset); }
  [[nodiscard]] std::size_t size() const noexcept { return region_.get_size(); }
  [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }

  /// A damaged offset leads anywhere: it is added as a number, which may wrap, and contains() tells.
  template <class T>
  [[nodiscard]] T* at(std::uint64_t offset) const noexcept {
    return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(region_.get_address()) + offset);
  }
  [[nodiscard]] std::uint64_t offset_of(const void* object) const noexcept {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(object) - static_cast<const std::byte*>(region_.get_address()));
  }
  /// Whether [object, object + size) lies in this mapping and is aligned for a record or node. For links that may be damaged.
  [[nodiscard]] bool contains(const void* object, std::size_t size) const noexcept {
    const std::uint64_t offset = offset_of(object);  // wraps round to a huge number for what lies before
    return offset % format::kRecordAlignment == 0 && offset <= this->size() && size <= this->size() - offset;
  }

  /// Every store into the mapping is made in here: runs `stores()` and says whether the disk had room for all of them. See try_stores() for
  /// what it may hold. Where it had not, the file is as if this process had been killed at that store.
  template <class Stores>
  [[nodiscard]] bool store(const Stores& stores) const {
    return try_stores({static_cast<const std::byte*>(region_.get_address()), size()}, stores);
  }

  /// The managed segment, for construction and inspection.
  [[nodiscard]] ManagedSegment managed() const;

 private:
  /// Makes the managed segment and the extent in a file that is empty, and has blocks up to `front`. Throws where it is too small for them.
  void lay_out(std::size_t reserve, std::size_t front) const;

  Segment(boost::interprocess::mapped_region region, const struct stat& status)
      : region_(std::move(region)), identity_(FileIdentity::of(status)) {}

  boost::interprocess::mapped_region region_;
  FileIdentity identity_;
  std::unique_ptr<LockableFile> file_;
};

}  // namespace zccache
