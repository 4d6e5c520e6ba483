// The files below objects/: what they are called, and what a name says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

#include "base/directory.hpp"

namespace zccache {

/// Hex digits, 2 to 200: what may become a file name.
[[nodiscard]] bool is_payload_key(std::string_view key) noexcept;

/// objects/ab/<key>_<i>
[[nodiscard]] std::filesystem::path output_path(const CacheDirectory& directory, std::string_view key, std::size_t i);

/// objects/ab/<key>.pack
[[nodiscard]] std::filesystem::path pack_path(const CacheDirectory& directory, std::string_view key);

/// Every file that an entry with so many outputs may have. Those of another layout than its own do not exist.
[[nodiscard]] std::vector<std::filesystem::path> files_of(const CacheDirectory& directory, std::string_view key, std::size_t outputs);

/// Makes the folder of a payload, and that of all of them. Errors: directory_unusable, directory_untrusted, no_space.
[[nodiscard]] result<void> make_folders_of(const std::filesystem::path& payload);

/// A payload behind a symlink in the place of one of these folders is somebody else's file: neither read nor removed.
[[nodiscard]] bool is_inside(const std::filesystem::path& payload);
void unlink_payload(const std::filesystem::path& payload);

/// Takes them away. Requires the writer lock, and that the entry has gone or never was.
void unlink_files_of(const CacheDirectory& directory, std::string_view key, std::size_t outputs);

/// Whether every output of the entry has its file, or all have one pack. Looks at no byte of them.
[[nodiscard]] bool has_payload(const CacheDirectory& directory, const ArtifactView& entry);

struct PayloadName {
  enum class Kind {
    output,
    pack,
    temporary,  ///< of AtomicFile: on its way, or left behind by a killed process
    unknown,    ///< nothing of ours
  };
  Kind kind = Kind::unknown;
  std::string key;         ///< of an output or pack
  std::size_t output = 0;  ///< of an output
};

/// What the name of a file says. Only a name that this library would give, in the place where it would give it, is known.
[[nodiscard]] PayloadName parse_payload_name(const CacheDirectory& directory, const std::filesystem::path& path);

}  // namespace zccache
