// A fact: one question that a compile asked the kernel, with the answer under which its result is right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "zccache-cc/facts/digest.hpp"

namespace zccache::cc {

/// In manifests as they are: a new kind goes to the end, and a change raises kManifestVersion.
enum class FactKind : std::uint8_t {
  content,        ///< the path leads to a regular file with this content
  plain_content,  ///< the same, and the path's last name is no symlink: the compiler asked for that as well
  status,         ///< ... to a file of this size, time, mode and owner, whose content nobody read; `value` is their hash
  directory,      ///< ... to a directory
  absent,         ///< ... to nothing
  link,           ///< the path is a symlink; `value` is the hash of its target
  no_link,        ///< the path is there and is no symlink
  listing,        ///< the directory has these names; `value` is the hash of them, sorted
  permission,     ///< access(2) with the mode `argument` succeeds
  failure,        ///< opening it for reading (`argument` 0) or access(2) with mode `argument` fails with the error `value`
  loader_cache,   ///< /etc/ld.so.cache says the same of the libraries that were loaded; `value` is the hash of that
};

[[nodiscard]] constexpr bool has_content(FactKind kind) noexcept { return kind == FactKind::content || kind == FactKind::plain_content; }

struct Fact {
  FactKind kind = FactKind::absent;
  std::uint8_t argument = 0;
  std::uint64_t value = 0;
  /// As the compiler spelled it where that is relative to the working directory of the launcher; else absolute.
  std::string path;
  ContentDigest content{};    ///< of a fact that has_content()
  bool is_text = false;       ///< of C or C++, by its name
  bool only_defines = false;  ///< macros, see definitions.hpp
  ContentDigest code{};       ///< the same without comments, where the path is named like text
};

/// Names that must not appear in a directory. As long as its stamp is the same, none has.
struct AbsentNames {
  std::string directory;    ///< empty: the working directory
  std::uint64_t stamp = 0;  ///< hash of its stamp
  std::vector<std::string> names;
};

}  // namespace zccache::cc
