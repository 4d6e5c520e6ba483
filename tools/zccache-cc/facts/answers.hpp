// The answers of the file system as it is now, in the form in which facts keep them.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/fact.hpp"
#include "zccache-cc/facts/file_stamp.hpp"

namespace zccache::cc {

/// Of FactKind::status.
[[nodiscard]] std::uint64_t hash_of_status(const struct stat& status) noexcept;
/// Of AbsentNames: a directory whose stamp is the same has the same names.
[[nodiscard]] std::uint64_t hash_of_directory_stamp(const FileStamp& stamp) noexcept;
/// Of FactKind::listing; nothing where the directory cannot be read.
[[nodiscard]] std::optional<std::uint64_t> hash_of_listing(const char* directory);
/// Of FactKind::link; nothing where the path is no symlink.
[[nodiscard]] std::optional<std::uint64_t> hash_of_link(const char* path);

/// The names in a directory; nothing where it cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> names_in(const char* directory);

/// Whether stat(2) fails with this error because there is nothing.
[[nodiscard]] constexpr bool is_absence(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

/// Whether a fact of a kind without content holds now. Costs a system call or two.
[[nodiscard]] bool holds_now(FactKind kind, std::uint8_t argument, std::uint64_t value, const char* path);

/// What files were to one another. Compilers drop search directories and headers with `#pragma once` that they have met before: by inode, or,
/// as gcc, by content and time. So of all files and directories of one compile, what was one stays one, what was two stays two, and files of
/// one content keep whether they were of one time.
class Identities {
 public:
  /// In the order of the facts. `content` is all zero for a directory.
  void add(const FileStamp& stamp, const ContentDigest& content) {
    all_.push_back({stamp.device, stamp.inode, stamp.modified_ns, content.prefix()});
  }
  [[nodiscard]] std::uint64_t hash() const;

 private:
  struct File {
    std::uint64_t device, inode;
    std::int64_t modified_ns;
    std::uint64_t content;
  };
  std::vector<File> all_;
};

}  // namespace zccache::cc
