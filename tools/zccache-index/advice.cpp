#include "advice.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "zccache-cc/command/working_directory.hpp"
#include "zccache-cc/facts/fact_check.hpp"
#include "zccache-cc/launch/plan.hpp"

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

/// Where two paths of the same end begin to differ: /home/me/one and /home/me/two for /home/me/one/src/a.c and /home/me/two/src/a.c.
struct Roots {
  fs::path now;
  fs::path then;

  /// The directory above both.
  [[nodiscard]] fs::path above() const {
    fs::path common;
    for (auto one = now.begin(), other = then.begin(); one != now.end() && other != then.end() && *one == *other; ++one, ++other)
      common /= *one;
    return common;
  }
};

/// Of "-I/home/me/one/inc" and "-I/home/me/two/inc". Nothing where there are no two such paths.
std::optional<Roots> roots_of(const std::string& now, const std::string& then) {
  const std::size_t slash = now.find('/');
  if (slash == std::string::npos || now.compare(0, slash + 1, then, 0, slash + 1) != 0) return std::nullopt;
  Roots roots{now.substr(slash), then.substr(slash)};
  while (roots.now.has_filename() && roots.now.filename() == roots.then.filename()) {
    roots.now = roots.now.parent_path();
    roots.then = roots.then.parent_path();
  }
  return roots.now == roots.then ? std::nullopt : std::optional(roots);
}

/// Of the first two parts that differ in where they are.
std::optional<Roots> roots_of(const Relative& relative) {
  for (const cc::KeyPart& now : relative.added) {
    for (const cc::KeyPart& then : relative.missing) {
      const bool may_be_named_relatively = now.label == then.label && (now.label == "source" || now.label == "argument");
      if (auto roots = may_be_named_relatively ? roots_of(now.value, then.value) : std::nullopt) return roots;
    }
  }
  return std::nullopt;
}

/// Whether a compile so called, with such settings, has the directory nowhere in its first key.
bool leaves_out(const std::string& directory, const cc::Compiler& compiler, char* const* argv, const cc::Settings& settings) {
  const auto plan = cc::make_plan(compiler, argv, settings);
  return plan && std::ranges::none_of(plan->parts, [&](const cc::KeyPart& part) { return part.value.find(directory) != std::string::npos; });
}

std::string advise_base_directory(const Roots& roots, const cc::Compiler& compiler, char* const* argv, cc::Settings settings) {
  const std::string base = roots.above();
  settings.base_directories = {base};
  const auto plan = cc::make_plan(compiler, argv, settings);
  const auto names_root = [&](const cc::KeyPart& part) {
    return (part.label == "source" || part.label == "argument") && part.value.find(roots.now.native()) != std::string::npos;
  };
  const bool helps = base != "/" && plan && std::ranges::none_of(plan->parts, names_root);
  if (helps) return fmt::format("set ZCCACHE_BASEDIR={}: then what is below it is named relative to the working directory", base);
  return "name sources and search directories relative to the working directory: absolute paths keep checkouts from sharing";
}

std::string advise_prefix_map(const std::string& here, const cc::Compiler& compiler, char* const* argv, const cc::Settings& settings) {
  std::string map = fmt::format("-ffile-prefix-map={}=.", here);
  std::vector<char*> with_map;
  for (; *argv != nullptr; ++argv) with_map.push_back(*argv);
  with_map.insert(with_map.end(), {map.data(), nullptr});
  if (leaves_out(here, compiler, with_map.data(), settings))
    return fmt::format("add {}: it keeps the working directory out of the result", map);
  return "build in the same directory: the result holds its name, as with -g, coverage, -flto or __FILE__ of an absolute path";
}

bool has_directory(const Parts& parts) { return std::ranges::find(parts, "directory", &cc::KeyPart::label) != parts.end(); }

bool is_of_another_place(const Candidate& one) { return !one.changes.empty() && one.changes.front() == cc::kOtherPlace; }

}  // namespace

std::vector<std::string> advice_on(const Explanation& told, const cc::Compiler& compiler, char* const* argv, const cc::Settings& settings) {
  const auto roots = told.relative ? roots_of(*told.relative) : std::nullopt;
  const bool directory_differs = (told.relative && has_directory(told.relative->added) && has_directory(told.relative->missing)) ||
                                 std::ranges::any_of(told.candidates, is_of_another_place);
  if (!roots && !directory_differs) return {};
  const std::string here = cc::WorkingDirectory::current().physical;
  cc::Settings mapped = settings;
  mapped.maps_root = true;
  // One setting for both, where the checkout has a root.
  const bool is_enough = leaves_out(here, compiler, argv, mapped) && (!roots || leaves_out(roots->now, compiler, argv, mapped));
  if (!settings.maps_root && is_enough) return {"set ZCCACHE_PATH_REMAP=auto: then checkouts share, wherever they are, with -g too"};
  std::vector<std::string> advice;
  if (roots) advice.push_back(advise_base_directory(*roots, compiler, argv, settings));
  if (directory_differs) advice.push_back(advise_prefix_map(here, compiler, argv, settings));
  return advice;
}

}  // namespace zccache::index_tool
