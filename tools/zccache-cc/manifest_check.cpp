#include "manifest_check.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "source_files.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kPrecompiled = ".gch";
constexpr std::string_view kIsTwin = " has another time or place, and there is a file of the same content";

FileStamp folder_stamp_of(const struct stat& status) {
  FileStamp stamp = stamp_of(status);
  stamp.size = 0;  // the file system's business
  return stamp;
}

/// What two files of one content are to a compiler: one file to gcc if they are of the same second, to clang if they are one inode.
std::pair<bool, bool> relation(const FileStamp& one, const FileStamp& other) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {one.modified_ns / kSecond == other.modified_ns / kSecond, one.device == other.device && one.inode == other.inode};
}

/// The first entry that must not be there, or empty. `absent` is sorted.
std::string intruder(const char* folder, const std::vector<std::string_view>& absent) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder), ::closedir);
  if (!listing) return errno == ENOENT || errno == ENOTDIR ? std::string() : folder;
  while (const dirent* entry = ::readdir(listing.get())) {
    std::string_view name = entry->d_name;
    if (std::ranges::binary_search(absent, name)) return std::string(name);
    if (!name.ends_with(kPrecompiled)) continue;
    if (std::ranges::binary_search(absent, name.substr(0, name.size() - kPrecompiled.size()))) return std::string(name);
  }
  return {};
}

}  // namespace

ManifestCheck::ManifestCheck(const ManifestView& manifest, MadeWhere where)
    : manifest_(manifest),
      where_(where),
      now_(file_clock_now()),
      files_(manifest.file_count(), State::unknown),
      folders_(manifest.folder_count(), State::unknown) {}

bool ManifestCheck::holds(std::size_t recipe) {
  return std::ranges::all_of(manifest_.files_of(recipe), [this](std::uint32_t file) { return holds_file(file); }) &&
         std::ranges::all_of(manifest_.folders_of(recipe), [this](std::uint32_t folder) { return holds_folder(folder); }) &&
         change_of_twins(recipe).empty();
}

bool ManifestCheck::holds_file(std::size_t file) {
  if (files_[file] == State::unknown) files_[file] = check_file(file) ? State::holds : State::changed;
  return files_[file] == State::holds;
}

bool ManifestCheck::holds_folder(std::size_t folder) {
  if (folders_[folder] == State::unknown) folders_[folder] = check_folder(folder) ? State::holds : State::changed;
  return folders_[folder] == State::holds;
}

bool ManifestCheck::check_file(std::size_t file) {
  struct stat status {};
  const bool is_there = stat_.get(manifest_.path(file), status);
  switch (manifest_.kind(file)) {
    case FactKind::absent:
      return !is_there && (errno == ENOENT || errno == ENOTDIR);
    case FactKind::present:
      return is_there && !S_ISDIR(status.st_mode);
    case FactKind::folder:
      return is_there && S_ISDIR(status.st_mode);
    case FactKind::program:
      return is_there && (stamp_of(status) == manifest_.stamp(file) || is_same_program(file, status));
    case FactKind::content:
      return is_there && (stamp_of(status) == manifest_.stamp(file) || has_content(file, status));
  }
  return false;  // of a version to come
}

bool ManifestCheck::has_content(std::size_t file, const struct stat& status) {
  if (static_cast<std::uint64_t>(status.st_size) != manifest_.stamp(file).size) return false;
  std::string buffer;
  const auto now = read_file(manifest_.path(file), buffer);
  if (!now || !now->exists || now->digest != manifest_.digest(file)) return false;
  read_any_ = true;
  // A stamp of this very moment may also become that of the next change.
  if (is_settled(now->stamp, now_)) note_stamp(file, now->stamp);
  return true;
}

bool ManifestCheck::is_same_program(std::size_t file, const struct stat& status) {
  const FileStamp& then = manifest_.stamp(file);
  const FileStamp now = stamp_of(status);
  const bool same = where_ == MadeWhere::elsewhere && now.size == then.size && now.modified_ns == then.modified_ns && is_settled(now, now_);
  if (same) note_stamp(file, now);
  return same;
}

void ManifestCheck::note_stamp(std::size_t file, const FileStamp& stamp) {
  if (stamps_.empty()) stamps_.resize(files_.size());
  stamps_[file] = stamp;
  fresh_stamps_ = true;
}

bool ManifestCheck::check_folder(std::size_t folder) {
  struct stat status {};
  const bool is_there = stat_.get(manifest_.folder_path(folder), status);
  if (is_there && folder_stamp_of(status) == manifest_.folder_stamp(folder)) return true;
  return !manifest_.any_name(folder) && intruder(manifest_.folder_path(folder), manifest_.absent_names(folder)).empty();
}

std::vector<std::string> ManifestCheck::changes(std::size_t recipe) {
  std::vector<std::string> changes;
  for (const std::uint32_t file : manifest_.files_of(recipe)) {
    if (!holds_file(file)) changes.push_back(change_of_file(file));
  }
  for (const std::uint32_t folder : manifest_.folders_of(recipe)) {
    if (!holds_folder(folder)) changes.push_back(change_of_folder(folder));
  }
  if (std::string change = change_of_twins(recipe); changes.empty() && !change.empty()) changes.push_back(std::move(change));
  return changes;
}

std::string ManifestCheck::change_of_twins(std::size_t recipe) const {
  if (!read_any_) return {};
  struct Twin {
    std::uint32_t file;
    FileStamp now{};
  };
  std::map<Digest, std::vector<Twin>> twins;
  for (const std::uint32_t file : manifest_.files_of(recipe)) {
    if (manifest_.kind(file) == FactKind::content) twins[manifest_.digest(file)].push_back({file});
  }
  for (auto& [content, files] : twins) {
    if (files.size() == 1) continue;
    for (Twin& twin : files) {
      struct stat status {};
      if (::stat(manifest_.path(twin.file), &status) == 0) twin.now = stamp_of(status);
      // Its stamp would not be noted, but those of the others would.
      if (twin.now != manifest_.stamp(twin.file) && !is_settled(twin.now, now_)) return manifest_.path(twin.file) + std::string(kIsTwin);
      for (const Twin* other = files.data(); other != &twin; ++other) {
        if (relation(twin.now, other->now) != relation(manifest_.stamp(twin.file), manifest_.stamp(other->file)))
          return manifest_.path(twin.file) + std::string(kIsTwin) + ": " + manifest_.path(other->file);
      }
    }
  }
  return {};
}

std::string ManifestCheck::change_of_file(std::size_t file) const {
  const std::string path = manifest_.path(file);
  if (manifest_.kind(file) == FactKind::absent) return path + " is there now";
  struct stat status {};
  return path + (::stat(path.c_str(), &status) == 0 ? " has changed" : " is gone");
}

std::string ManifestCheck::change_of_folder(std::size_t folder) const {
  const std::string path = manifest_.folder_path(folder);
  if (manifest_.any_name(folder)) return path + " has changed: the compiler chooses from what is installed there";
  return path + "/" + intruder(manifest_.folder_path(folder), manifest_.absent_names(folder)) +
         " is new, and the compiler would look there first";
}

Recipe ManifestCheck::refreshed(std::size_t recipe) const {
  Recipe fresh = manifest_.recipe(recipe);
  const auto files = manifest_.files_of(recipe);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!stamps_.empty() && stamps_[files[i]] != FileStamp{}) fresh.files[i].stamp = stamps_[files[i]];
  }
  return fresh;
}

}  // namespace zccache::cc
