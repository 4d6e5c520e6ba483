// Whether what a manifest says still holds on disk.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "manifest.hpp"
#include "stat_by_folder.hpp"

namespace zccache::cc {

/// On which machine, or in which image, a manifest was made.
enum class MadeWhere {
  here,
  elsewhere  ///< the stamps are not those of here: files are told by their content, programs as in a result's key, by path, size and time
};

/// Looks at each file and folder at most once, and only as far as the recipes ask. Requires that the manifest outlives it.
class ManifestCheck {
 public:
  explicit ManifestCheck(const ManifestView& manifest, MadeWhere where = MadeWhere::here);

  /// One system call for a file or folder whose stamp is what it was; a file of another stamp is read, a folder listed.
  [[nodiscard]] bool holds(std::size_t recipe);

  /// What keeps a recipe from holding, for a person: one line each. Empty where it holds.
  [[nodiscard]] std::vector<std::string> changes(std::size_t recipe);

  /// Whether a file had to be read to know it, or a program was told by less than its stamp.
  [[nodiscard]] bool has_fresh_stamps() const noexcept { return fresh_stamps_; }
  /// The recipe with the stamps of now.
  [[nodiscard]] Recipe refreshed(std::size_t recipe) const;

 private:
  enum class State : char { unknown, holds, changed };

  bool holds_file(std::size_t file);
  bool holds_folder(std::size_t folder);
  bool check_file(std::size_t file);
  bool check_folder(std::size_t folder);
  [[nodiscard]] std::string change_of_twins(std::size_t recipe) const;
  [[nodiscard]] std::string change_of_file(std::size_t file) const;
  [[nodiscard]] std::string change_of_folder(std::size_t folder) const;
  bool has_content(std::size_t file, const struct stat& status);
  bool is_same_program(std::size_t file, const struct stat& status);
  void note_stamp(std::size_t file, const FileStamp& stamp);

  const ManifestView& manifest_;
  const MadeWhere where_;
  const timespec now_;
  StatByFolder stat_;
  std::vector<State> files_;
  std::vector<State> folders_;
  std::vector<FileStamp> stamps_;  ///< of now, all zero where it is the manifest's or not certain
  bool fresh_stamps_ = false;
  bool read_any_ = false;  ///< of a stamp that is not the manifest's
};

}  // namespace zccache::cc
