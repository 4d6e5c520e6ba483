#include "direct_mode.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/descriptor.hpp"
#include "key_hasher.hpp"
#include "manifest.hpp"
#include "manifest_check.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kKeyPrefix = "manifest";

// Branches that are switched between, and what lies between two of them. More would only be looked through in vain.
constexpr std::size_t kMaxRecipes = 12;
constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;

void store_manifest(ArtifactStore& store, std::string_view key, std::vector<Recipe> recipes, std::string_view description) {
  if (recipes.size() > kMaxRecipes) recipes.resize(kMaxRecipes);
  std::string bytes = encode_manifest(recipes);
  while (bytes.size() > kMaxManifestBytes && recipes.size() > 1) {
    recipes.pop_back();
    bytes = encode_manifest(recipes);
  }
  // Where that fails, the next compile preprocesses.
  if (bytes.size() <= kMaxManifestBytes) (void)store.insert(key, Artifact::from_outputs({}, {}, std::move(bytes), std::string(description)));
}

// The recipes that are known, with `first` in the first place and no second one for its result.
void put_first(ArtifactStore& store, std::string_view key, const Recipe& first, std::string_view description) {
  const ArtifactView entry = store.find(key);
  const auto known = entry ? ManifestView::open(entry.stdout_bytes()) : std::nullopt;
  std::vector<Recipe> recipes{first};
  for (std::size_t i = 0; known && i < known->recipe_count(); ++i) {
    if (known->result(i) != first.result) recipes.push_back(known->recipe(i));
  }
  store_manifest(store, key, std::move(recipes), description);
}

// A script by a compiler's name may run anything: its own file says nothing about that.
bool is_script(const std::string& path) {
  const tools::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 2> start{};
  return ::read(file.get(), start.data(), start.size()) != 2 || (start[0] == '#' && start[1] == '!');
}

// A macro may paste __DATE__ together. It shows in the text: the day, or a second, on which the preprocessor ran.
bool shows_time(std::string_view text, const timespec& start) {
  const time_t now = ::time(nullptr);
  std::array<char, 32> stamp{};
  std::tm local{};
  for (time_t second = start.tv_sec; second <= now; ++second) {
    ::localtime_r(&second, &local);
    for (const char* form : {"\"%b %e %Y\"", "\"%H:%M:%S\""}) {
      const std::size_t size = std::strftime(stamp.data(), stamp.size(), form, &local);
      if (text.find(std::string_view(stamp.data(), size)) != std::string_view::npos) return true;
    }
  }
  return false;
}

std::string why_uncertain(const Inputs& inputs) {
  for (const Asked& file : inputs.asked) {
    if (file.directives.unsafe != nullptr) return file.file + ": " + file.directives.unsafe;
  }
  if (is_script(inputs.compiler.real_path)) return "the compiler is a script";
  if (shows_time(inputs.text, inputs.start)) return "the time is in the text";
  if (!inputs.around.appeared.empty()) return inputs.around.appeared + " is new";
  return inputs.around.uncertain;
}

struct Facts {
  Recipe recipe;
  std::string why_not;
};

FileFact fact_of(const SourceFile& file) { return {file.name, file.exists ? FactKind::content : FactKind::absent, file.stamp, file.digest}; }

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What must not appear in the folder: headers, and a file that would steer the compiler.
std::vector<std::string_view> absent_names(const WatchedFolder& folder, const std::vector<StampedPath>& steering) {
  std::vector<std::string_view> names(folder.absent.begin(), folder.absent.end());
  for (const StampedPath& file : steering) {
    if (file.stamp == FileStamp{} && folder_of(file.path) == folder.path) names.push_back(name_of(file.path));
  }
  std::ranges::sort(names);
  return names;
}

// One that would stand beside the compiler's own headers, and is in no folder that is looked at.
bool is_looked_for(const StampedPath& file, const Inputs& inputs) {
  const std::string_view folder = folder_of(file.path);
  return file.stamp == FileStamp{} &&
         std::ranges::any_of(inputs.search_path.directories, [&](const std::string& headers) { return folder_of(headers) == folder; }) &&
         std::ranges::none_of(inputs.around.folders, [&](const WatchedFolder& watched) { return watched.path == folder; });
}

Facts facts_of(const Inputs& inputs, std::string_view result_key) {
  Facts facts{{digest_of_hex(result_key), {}, {}}, {}};
  for (const SourceFile& file : inputs.files) facts.recipe.files.push_back(fact_of(file));
  for (const SourceFile& twin : inputs.around.twins) {
    if (!is_settled(twin.stamp, inputs.start)) facts.why_not = twin.name + " is new";
    facts.recipe.files.push_back(fact_of(twin));
  }
  for (const std::string& path : inputs.around.folders_for_files) facts.recipe.files.push_back({path, FactKind::folder, {}, {}});
  for (const std::string& path : inputs.around.present) facts.recipe.files.push_back({path, FactKind::present, {}, {}});
  for (const StampedPath& program : inputs.search_path.programs) {
    if (!is_settled(program.stamp, inputs.start)) facts.why_not = program.path + " is new";
    facts.recipe.files.push_back({program.path, FactKind::program, program.stamp, {}});
  }
  for (const StampedPath& file : inputs.search_path.steering) {
    if (is_looked_for(file, inputs)) facts.recipe.files.push_back({file.path, FactKind::absent, {}, {}});
  }
  for (const WatchedFolder& folder : inputs.around.folders) {
    facts.recipe.folders.push_back({folder.path, folder.stamp, folder.any_name, absent_names(folder, inputs.search_path.steering)});
  }
  return facts;
}

// The result of a recipe of `from` that holds. The store remembers it with the stamps that its files have here and now.
std::string find_in(const ArtifactStore& from, MadeWhere where, ArtifactStore& store, const Description& description) {
  const std::string key = manifest_key(description);
  const ArtifactView entry = from.find(key);
  const auto manifest = entry ? ManifestView::open(entry.stdout_bytes()) : std::nullopt;
  if (!manifest) return {};
  ManifestCheck check(*manifest, where);
  for (std::size_t i = 0; i < manifest->recipe_count(); ++i) {
    if (!check.holds(i)) continue;
    // Files were read because their stamps had changed. The next compile need not read them again.
    const bool is_news = check.has_fresh_stamps() || where == MadeWhere::elsewhere;
    if (is_news && !store.read_only()) {
      put_first(store, key, check.refreshed(i), description.text());
    } else {
      store.touch(key);
    }
    return hex_of(manifest->result(i));
  }
  return {};
}

}  // namespace

std::string manifest_key(const Description& description) { return std::string(kKeyPrefix) + description.hex_digest(); }
bool is_manifest_key(std::string_view key) noexcept { return key.starts_with(kKeyPrefix); }

std::string find_direct(ArtifactStore& store, const Description& description) { return find_in(store, MadeWhere::here, store, description); }

std::string find_direct_above(const ArtifactStore& above, ArtifactStore& store, const Description& description) {
  return find_in(above, MadeWhere::elsewhere, store, description);
}

std::string remember(ArtifactStore& store, const Inputs& inputs, std::string_view result_key) {
  if (std::string why = why_uncertain(inputs); !why.empty()) return why;
  const Facts facts = facts_of(inputs, result_key);
  if (facts.why_not.empty()) put_first(store, manifest_key(inputs.description), facts.recipe, inputs.description.text());
  return facts.why_not;
}

}  // namespace zccache::cc
