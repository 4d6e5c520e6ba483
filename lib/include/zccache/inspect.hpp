// The live index file laid open, for a person who debugs it. Looking changes nothing and takes no lock.
#pragma once

#include <zccache/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace zccache {

/// A process that has one of the directory's locks.
struct LockHolder {
  std::string lock;  ///< "writer" or "flusher"
  int pid = 0;       ///< 0 where the system does not tell: another user's process, or another pid namespace
};

struct SegmentDump {
  std::string trust;  ///< "ok", or why the file is not used as a map: "damaged", "other_version", "other_boot", "moved"
  std::uint64_t file_bytes = 0;

  // Words of the header, as they stand in the file.
  std::uint64_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t expected_fingerprint = 0;  ///< of this program
  std::string boot_id;                     ///< hex
  std::string current_boot_id;
  std::uint64_t device = 0, actual_device = 0;
  std::uint64_t inode = 0, actual_inode = 0;
  std::uint64_t generation = 0;
  bool retired = false;
  bool dirty = false;
  std::uint64_t last_sequence = 0;
  std::uint64_t flushed_sequence = 0;
  std::uint64_t entries = 0;
  std::uint64_t live_bytes = 0;

  // Where the file can be trusted.
  std::uint64_t buckets = 0;
  std::vector<std::uint64_t> chain_lengths;  ///< how many buckets have 0, 1, 2, … nodes
  std::uint64_t damaged_chains = 0;
  std::uint64_t extent_offset = 0;
  std::uint64_t extent_bytes = 0;
  std::uint64_t extent_used = 0;
  std::uint64_t managed_free_bytes = 0;  ///< of the Boost.Interprocess segment, outside the extent

  std::vector<LockHolder> locks;  ///< those that are held
};

/// Errors: not_found (no live index), directory_unusable, directory_untrusted, corrupt (too short for a header), io.
[[nodiscard]] result<SegmentDump> inspect(const std::filesystem::path& dir);

}  // namespace zccache
