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
  if (names_.empty() || names_.back() != '\0') return false;
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

std::string encode_manifest(std::span<const Recipe> recipes) {
  using View = ManifestView;
  Names names;
  std::vector<View::RecipeEntry> recipe_entries;
  std::vector<View::FileEntry> files;
  std::vector<View::FolderEntry> folders;
  std::vector<std::uint32_t> indices;
  // Recipes of one source have most of their files and folders in common. The first mention has the newest stamp.
  std::map<std::tuple<std::uint32_t, FactKind, Digest>, std::uint32_t> known_files;
  std::map<std::tuple<std::uint32_t, std::vector<std::uint32_t>>, std::uint32_t> known_folders;

  std::vector<std::vector<std::uint32_t>> parts;
  for (const Recipe& recipe : recipes) {
    std::vector<std::uint32_t>& part = parts.emplace_back();
    for (const FileFact& file : recipe.files) {
      const std::uint32_t path = names.add(file.path);
      const auto [known, is_new] = known_files.try_emplace({path, file.kind, file.digest}, static_cast<std::uint32_t>(files.size()));
      // A program is its stamp.
      const bool differs = !is_new && file.kind == FactKind::program && !(files[known->second].stamp == file.stamp);
      part.push_back(differs ? static_cast<std::uint32_t>(files.size()) : known->second);
      if (is_new || differs) files.push_back({path, file.kind, file.stamp, file.digest});
    }
    for (const FolderFact& folder : recipe.folders) {
      std::vector<std::uint32_t> absent;
      for (const std::string_view name : folder.absent) absent.push_back(names.add(name));
      const std::uint32_t path = names.add(folder.path);
      const auto [known, is_new] = known_folders.try_emplace({path, absent}, static_cast<std::uint32_t>(folders.size()));
      const bool differs = !is_new && !(folders[known->second].stamp == folder.stamp);
      part.push_back(differs ? static_cast<std::uint32_t>(folders.size()) : known->second);
      if (!is_new && !differs) continue;
      folders.push_back({path, folder.any_name ? 1U : 0U, folder.stamp, static_cast<std::uint32_t>(indices.size()),
                         static_cast<std::uint32_t>(absent.size())});
      indices.insert(indices.end(), absent.begin(), absent.end());
    }
  }
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const auto file_count = static_cast<std::uint32_t>(recipes[i].files.size());
    recipe_entries.push_back(
        {recipes[i].result, static_cast<std::uint32_t>(indices.size()), file_count, static_cast<std::uint32_t>(recipes[i].folders.size()), 0});
    indices.insert(indices.end(), parts[i].begin(), parts[i].end());
  }

  const View::Header header{kManifestMagic,
                            kManifestVersion,
                            static_cast<std::uint32_t>(recipe_entries.size()),
                            static_cast<std::uint32_t>(files.size()),
                            static_cast<std::uint32_t>(folders.size()),
                            static_cast<std::uint32_t>(indices.size()),
                            names.bytes().size()};
  std::string bytes;
  append(bytes, &header, 1);
  append(bytes, recipe_entries.data(), recipe_entries.size());
  append(bytes, files.data(), files.size());
  append(bytes, folders.data(), folders.size());
  append(bytes, indices.data(), indices.size());
  append(bytes, names.bytes().data(), names.bytes().size());
  return bytes;
}

}  // namespace zccache::cc
