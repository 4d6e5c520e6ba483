// Looking for damage in a cache directory, and repairing it. `ArtifactStore::open` runs the same code by itself when it has to.
#pragma once

#include <zccache/options.hpp>
#include <zccache/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace zccache {

/// One thing that was looked at, or set right.
struct RecoveryFinding {
  std::string file;         ///< relative to the cache directory
  std::string state;        ///< stable identifier: "ok", "missing", "other_boot", "moved", "damaged", "other_version", "retired", …
  std::string detail;       ///< for a person
  std::uint64_t found = 0;  ///< records that are whole
  std::uint64_t lost = 0;   ///< records known to be damaged
};

struct RecoveryReport {
  bool damaged = false;            ///< something is not as it should be (an ordinary reboot is not damage)
  bool rebuild_needed = false;     ///< the live index cannot be used as it stands
  bool rebuilt = false;            ///< it was rebuilt by this call
  std::uint64_t entries_kept = 0;  ///< entries in the index after the call (when looking: that a repair would keep)
  std::vector<RecoveryFinding> findings;
  std::vector<std::string> quarantined;  ///< files set aside, relative to the cache directory

  [[nodiscard]] std::string to_text() const;
};

/// Looks; changes nothing, takes no lock. Errors: directory_unusable, directory_untrusted, io.
[[nodiscard]] result<RecoveryReport> check(const std::filesystem::path& dir);

/// Looks and sets right: rebuilds the live index if it cannot be used or is damaged, sets damaged files aside, and writes a snapshot.
/// Errors: as ArtifactStore::open.
result<RecoveryReport> repair(const std::filesystem::path& dir, const OpenOptions& options = {});

}  // namespace zccache
