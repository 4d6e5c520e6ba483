#include "zccache-cc/command/checkout.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kFileMap = "-ffile-prefix-map=";
constexpr std::array<std::string_view, 2> kMaps = {kFileMap, "-fdebug-prefix-map="};
constexpr std::array<std::string_view, 2> kDirectories = {"-ffile-compilation-dir=", "-fdebug-compilation-dir="};

/// An option that maps one prefix of paths to another, or says what the compiler is to take for its directory.
struct PrefixMap {
  std::string_view option;  ///< with "=", as "-ffile-prefix-map="
  std::string_view from;    ///< empty: the working directory, whatever its name
  std::string_view replacement;

  /// What is left of `directory`, as "/build"; nothing where it is not replaced.
  [[nodiscard]] std::optional<std::string_view> below(std::string_view directory) const noexcept {
    if (from.empty()) return std::string_view();
    return is_at_or_below(directory, from) ? std::optional(directory.substr(from.size())) : std::nullopt;
  }
};

std::string_view option_of(const auto& options, std::string_view argument) noexcept {
  const auto found = std::ranges::find_if(options, [&](std::string_view option) { return argument.starts_with(option); });
  return found != options.end() ? *found : std::string_view();
}

std::optional<PrefixMap> prefix_map(std::string_view argument) noexcept {
  if (const std::string_view option = option_of(kDirectories, argument); !option.empty())
    return PrefixMap{option, {}, argument.substr(option.size())};
  const std::string_view option = option_of(kMaps, argument);
  const std::string_view value = argument.substr(option.size());
  // gcc ends the old prefix at the last "=", clang at the first: of a value with more than one it is not known.
  const std::size_t equals = value.find('=');
  if (option.empty() || equals == std::string_view::npos || equals == 0 || value.find('=', equals + 1) != std::string_view::npos)
    return std::nullopt;
  return PrefixMap{option, value.substr(0, equals), value.substr(equals + 1)};
}

}  // namespace

std::string checkout_root(std::string_view directory) {
  for (std::string root(directory); root.size() > 1; root.resize(root.rfind('/'))) {
    if (::access((root + "/.git").c_str(), F_OK) == 0) return root;
  }
  return {};
}

bool map_root(std::string_view root, const WorkingDirectory& here, std::vector<char*>& argv, std::deque<std::string>& kept) {
  const auto map = [&](std::string_view from) {
    std::string option = std::string(kFileMap).append(from).append("=").append(kMappedRoot);
    argv.insert(argv.begin() + 1, kept.emplace_back(std::move(option)).data());
  };
  const std::string_view below = std::string_view(here.physical).substr(root.size());
  const std::string_view logical = here.logical;
  if (!logical.ends_with(below) || logical.size() == below.size()) return false;
  map(root);
  if (here.logical != here.physical) map(logical.substr(0, logical.size() - below.size()));
  return true;
}

void leave_out_mapped_directory(Command& command, const WorkingDirectory& here, std::deque<std::string>& kept) {
  std::vector<std::string_view> physical;
  std::vector<std::string_view> logical;
  for (const std::string_view argument : command.arguments) {
    const auto map = prefix_map(argument);
    if (!map) continue;
    if (const auto below = map->below(here.physical)) physical.push_back(*below);
    if (const auto below = map->below(here.logical)) logical.push_back(*below);
  }
  if (physical.size() != 1 || logical.size() != 1 || physical.front() != logical.front()) {
    command.directory_counts |= command.directory_in_debug_info;
    return;
  }
  command.mapped_directory = physical.front();
  for (std::string_view& argument : command.arguments) {
    const auto map = prefix_map(argument);
    if (!map || map->from.empty() || (!map->below(here.physical) && !map->below(here.logical))) continue;
    command.mapped_roots.emplace_back(map->from);
    argument = kept.emplace_back(std::string(map->option).append("=").append(map->replacement));
  }
}

}  // namespace zccache::cc
