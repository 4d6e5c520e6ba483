#include "manifest.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <unordered_map>

namespace zccache::cc {
namespace {

constexpr std::uint32_t kManifestMagic = 0x464D'435A;  // "ZCMF"
constexpr std::uint32_t kManifestVersion = 1;

class Names {
 public:
  std::uint32_t add(std::string_view name) {
    const auto [known, is_new] = places_.try_emplace(name, static_cast<std::uint32_t>(bytes_.size()));
    if (is_new) bytes_.append(name).append(1, '\0');
    return known->second;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::unordered_map<std::string_view, std::uint32_t> places_;  // views of the caller's
  std::string bytes_;
};

template <class T>
void append(std::string& to, const T* items, std::size_t count) {
  if (count != 0) to.append(reinterpret_cast<const char*>(items), count * sizeof(T));
}

// The next `count` items; empty, and `fits` false, where they are not all there.
template <class T>
std::span<const T> take(const char*& at, std::size_t& left, std::size_t count, bool& fits) {
  if (count > left / sizeof(T)) {
    fits = false;
    return {};
  }
  const std::span<const T> items(reinterpret_cast<const T*>(at), count);
  at += items.size_bytes();
  left -= items.size_bytes();
  return items;
}

bool is_within(std::uint64_t first, std::uint64_t count, std::size_t size) { return first + count <= size; }

}  // namespace

std::optional<ManifestView> ManifestView::open(std::string_view bytes) {
  ManifestView view;
  const char* at = bytes.data();
  if (reinterpret_cast<std::uintptr_t>(at) % alignof(std::uint64_t) != 0) {
    view.aligned_.resize((bytes.size() + 7) / 8);
    at = static_cast<const char*>(std::memcpy(view.aligned_.data(), bytes.data(), bytes.size()));
  }
  std::size_t left = bytes.size();
  bool fits = true;
  const auto header = take<Header>(at, left, 1, fits);
  if (!fits || header[0].magic != kManifestMagic || header[0].version != kManifestVersion) return std::nullopt;
  view.recipes_ = take<RecipeEntry>(at, left, header[0].recipes, fits);
  view.files_ = take<FileEntry>(at, left, header[0].files, fits);
  view.folders_ = take<FolderEntry>(at, left, header[0].folders, fits);
  view.indices_ = take<std::uint32_t>(at, left, header[0].indices, fits);
  view.names_ = {at, left};
  if (!fits || header[0].name_bytes != left || !view.adds_up()) return std::nullopt;
  return view;
}

bool ManifestView::adds_up() const noexcept {
  if (!names_.empty() && names_.back() != '\0') return false;  // there are none where no recipe names a file
  const auto is_name = [this](std::uint32_t at) { return at < names_.size(); };
  for (const RecipeEntry& recipe : recipes_) {
    if (!is_within(recipe.first, std::uint64_t{recipe.files} + recipe.folders, indices_.size())) return false;
    const auto all = indices_.subspan(recipe.first, recipe.files + recipe.folders);
    if (std::ranges::any_of(all.first(recipe.files), [this](std::uint32_t i) { return i >= files_.size(); })) return false;
    if (std::ranges::any_of(all.subspan(recipe.files), [this](std::uint32_t i) { return i >= folders_.size(); })) return false;
  }
  for (const FolderEntry& folder : folders_) {
    if (!is_name(folder.path) || !is_within(folder.first, folder.absent, indices_.size())) return false;
    if (!std::ranges::all_of(indices_.subspan(folder.first, folder.absent), is_name)) return false;
  }
  return std::ranges::all_of(files_, [&](const FileEntry& file) { return is_name(file.path); });
}

std::span<const std::uint32_t> ManifestView::files_of(std::size_t recipe) const noexcept {
  return indices_.subspan(recipes_[recipe].first, recipes_[recipe].files);
}
std::span<const std::uint32_t> ManifestView::folders_of(std::size_t recipe) const noexcept {
  return indices_.subspan(recipes_[recipe].first + recipes_[recipe].files, recipes_[recipe].folders);
}

std::vector<std::string_view> ManifestView::absent_names(std::size_t folder) const {
  std::vector<std::string_view> absent;
  for (const std::uint32_t at : indices_.subspan(folders_[folder].first, folders_[folder].absent)) absent.emplace_back(name(at));
  return absent;
}

Recipe ManifestView::recipe(std::size_t index) const {
  Recipe recipe{result(index), {}, {}};
  for (const std::uint32_t i : files_of(index)) recipe.files.push_back({path(i), kind(i), stamp(i), digest(i)});
  for (const std::uint32_t i : folders_of(index)) recipe.folders.push_back({folder_path(i), folder_stamp(i), any_name(i), absent_names(i)});
  return recipe;
}

// Recipes of one source have most of their files and folders in common. The first mention has the newest stamp.
class ManifestEncoder {
 public:
  void add(const Recipe& recipe) {
    std::vector<std::uint32_t> parts;
    std::map<Digest, unsigned> contents;
    for (const FileFact& file : recipe.files) ++contents[file.digest];
    for (const FileFact& file : recipe.files) parts.push_back(place_of(file, contents[file.digest] > 1));
    for (const FolderFact& folder : recipe.folders) parts.push_back(place_of(folder));
    recipes_.push_back({recipe.result, next(indices_), next(recipe.files), next(recipe.folders), 0});
    indices_.insert(indices_.end(), parts.begin(), parts.end());
  }

  [[nodiscard]] std::string bytes() const {
    const View::Header header{kManifestMagic, kManifestVersion, next(recipes_),       next(files_),
                              next(folders_), next(indices_),   names_.bytes().size()};
    std::string bytes;
    append(bytes, &header, 1);
    append(bytes, recipes_.data(), recipes_.size());
    append(bytes, files_.data(), files_.size());
    append(bytes, folders_.data(), folders_.size());
    append(bytes, indices_.data(), indices_.size());
    append(bytes, names_.bytes().data(), names_.bytes().size());
    return bytes;
  }

 private:
  using View = ManifestView;

  // The index of what is added next, which is the count.
  template <class Items>
  static std::uint32_t next(const Items& items) {
    return static_cast<std::uint32_t>(items.size());
  }

  std::uint32_t place_of(const FileFact& file, bool has_twin) {
    const std::uint32_t path = names_.add(file.path);
    const auto [known, is_new] = known_files_.try_emplace({path, file.kind, file.digest}, next(files_));
    // A program is its stamp. Those of twins say what these were to one another in this recipe.
    const bool needs_stamp = file.kind == FactKind::program || (file.kind == FactKind::content && has_twin);
    if (!is_new && (!needs_stamp || files_[known->second].stamp == file.stamp)) return known->second;
    files_.push_back({path, file.kind, file.stamp, file.digest});
    return next(files_) - 1;
  }

  std::uint32_t place_of(const FolderFact& folder) {
    std::vector<std::uint32_t> absent;
    for (const std::string_view name : folder.absent) absent.push_back(names_.add(name));
    const std::uint32_t path = names_.add(folder.path);
    const auto [known, is_new] = known_folders_.try_emplace({path, absent}, next(folders_));
    if (!is_new && folders_[known->second].stamp == folder.stamp) return known->second;
    folders_.push_back({path, folder.any_name ? 1U : 0U, folder.stamp, next(indices_), next(absent)});
    indices_.insert(indices_.end(), absent.begin(), absent.end());
    return next(folders_) - 1;
  }

  Names names_;
  std::vector<View::RecipeEntry> recipes_;
  std::vector<View::FileEntry> files_;
  std::vector<View::FolderEntry> folders_;
  std::vector<std::uint32_t> indices_;
  std::map<std::tuple<std::uint32_t, FactKind, Digest>, std::uint32_t> known_files_;
  std::map<std::tuple<std::uint32_t, std::vector<std::uint32_t>>, std::uint32_t> known_folders_;
};

std::string encode_manifest(std::span<const Recipe> recipes) {
  ManifestEncoder encoder;
  for (const Recipe& recipe : recipes) encoder.add(recipe);
  return encoder.bytes();
}

}  // namespace zccache::cc
