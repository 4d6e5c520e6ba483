// Names that a compile looked for in vain, and what proves that they are still missing.
//
// A compile asks for hundreds. They lie in a few directories, whose stamps prove them all as long as nothing appears there.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zccache::cc {

/// A directory is quiet if nothing changed in it since before the start, and nothing will soon: it is not the working directory, and no output
/// lies there.
class AbsentNameProofs {
 public:
  AbsentNameProofs(std::int64_t start_ns, std::vector<std::string> busy_directories)
      : start_ns_(start_ns), busy_directories_(std::move(busy_directories)) {}

  /// Nothing where the stamp of a quiet directory proves that `path` is missing. Else the path to ask about again each time: the first part
  /// of it that is missing, if that is all there is to it.
  [[nodiscard]] std::optional<std::string> add(const std::string& path, bool relative);

  struct Proof {
    std::string directory;  ///< absolute
    bool relative;          ///< it was spelled from the working directory
    std::uint64_t stamp;
    std::vector<std::string> names;  ///< sorted
  };
  [[nodiscard]] std::vector<Proof> proofs() const;

 private:
  [[nodiscard]] std::pair<std::string, std::string> nearest(const std::string& path);
  [[nodiscard]] bool is_quiet(const std::string& directory);
  [[nodiscard]] const std::optional<struct stat>& status_of(const std::string& directory);

  const std::int64_t start_ns_;
  const std::vector<std::string> busy_directories_;
  std::map<std::pair<std::string, bool>, std::set<std::string>> proven_;
  std::unordered_map<std::string, std::optional<struct stat>> directories_;  ///< as they were seen first
};

}  // namespace zccache::cc
