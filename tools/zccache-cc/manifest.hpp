// What is found under a compile's first key: the recipes by which it was made before.
//
// A recipe says: with these files, and as long as nothing new appears in those folders, the result is the one under this key. A manifest is
// stored as an entry of the index without outputs; its standard output has the bytes below, its standard error the description of the compile.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file_stamp.hpp"

namespace zccache::cc {

enum class FactKind : std::uint32_t {
  content,  ///< a file with this content
  present,  ///< there is a file, with any content
  absent,   ///< there is no file
  program,  ///< the very file with this stamp: too large to be read
  folder    ///< there is a folder
};

struct FileFact {
  std::string_view path;
  FactKind kind = FactKind::content;
  FileStamp stamp;
  Digest digest;
};

/// Names that must not appear in a folder. As long as its stamp is the same, none has.
struct FolderFact {
  std::string_view path;
  FileStamp stamp;                       ///< all zero: it changes all the time, look into it
  bool any_name = false;                 ///< every change counts
  std::vector<std::string_view> absent;  ///< each also stands for itself with ".gch" behind it
};

struct Recipe {
  Digest result;  ///< the key of the entry
  /// Those of one content are also what they were to one another: gcc takes files of one content and time for one file, clang those of one
  /// inode.
  std::vector<FileFact> files;
  std::vector<FolderFact> folders;
};

/// Reads a manifest where it lies, without a copy. Requires that the bytes outlive it.
class ManifestView {
 public:
  /// Absent where the bytes are not a manifest of this version. Their content is vouched for by the index, their numbers are checked all the
  /// same.
  [[nodiscard]] static std::optional<ManifestView> open(std::string_view bytes);

  [[nodiscard]] std::size_t recipe_count() const noexcept { return recipes_.size(); }  ///< the last one used first
  [[nodiscard]] std::size_t file_count() const noexcept { return files_.size(); }
  [[nodiscard]] std::size_t folder_count() const noexcept { return folders_.size(); }

  [[nodiscard]] Digest result(std::size_t recipe) const noexcept { return recipes_[recipe].result; }
  /// Indices of the recipe's files and folders, which recipes share.
  [[nodiscard]] std::span<const std::uint32_t> files_of(std::size_t recipe) const noexcept;
  [[nodiscard]] std::span<const std::uint32_t> folders_of(std::size_t recipe) const noexcept;

  [[nodiscard]] FactKind kind(std::size_t file) const noexcept { return files_[file].kind; }
  [[nodiscard]] const FileStamp& stamp(std::size_t file) const noexcept { return files_[file].stamp; }
  [[nodiscard]] const Digest& digest(std::size_t file) const noexcept { return files_[file].digest; }
  [[nodiscard]] const char* path(std::size_t file) const noexcept { return name(files_[file].path); }

  [[nodiscard]] const char* folder_path(std::size_t folder) const noexcept { return name(folders_[folder].path); }
  [[nodiscard]] const FileStamp& folder_stamp(std::size_t folder) const noexcept { return folders_[folder].stamp; }
  [[nodiscard]] bool any_name(std::size_t folder) const noexcept { return folders_[folder].any_name != 0; }
  [[nodiscard]] std::vector<std::string_view> absent_names(std::size_t folder) const;

  [[nodiscard]] Recipe recipe(std::size_t index) const;

 private:
  friend class ManifestEncoder;

  struct Header {
    std::uint32_t magic, version, recipes, files, folders, indices;
    std::uint64_t name_bytes;
  };
  struct RecipeEntry {
    Digest result;
    std::uint32_t first, files, folders, reserved;  ///< indices of files, then of folders, from `first`
  };
  struct FileEntry {
    std::uint32_t path;  ///< from the start of the names
    FactKind kind;
    FileStamp stamp;
    Digest digest;
  };
  struct FolderEntry {
    std::uint32_t path, any_name;
    FileStamp stamp;
    std::uint32_t first, absent;  ///< indices: where each absent name begins
  };

  [[nodiscard]] bool adds_up() const noexcept;
  [[nodiscard]] const char* name(std::uint32_t at) const noexcept { return names_.data() + at; }

  std::vector<std::uint64_t> aligned_;  ///< a copy, where the bytes do not lie as the entries need it
  std::span<const RecipeEntry> recipes_;
  std::span<const FileEntry> files_;
  std::span<const FolderEntry> folders_;
  std::span<const std::uint32_t> indices_;
  std::string_view names_;  ///< each ends in NUL
};

[[nodiscard]] std::string encode_manifest(std::span<const Recipe> recipes);

}  // namespace zccache::cc
