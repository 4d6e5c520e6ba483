#include "advice.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

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

bool names(const Parts& parts, const char* label, std::string_view text) {
  return std::ranges::any_of(parts, [&](const cc::KeyPart& part) { return part.label == label && part.value.find(text) != std::string::npos; });
}

std::optional<std::string> advise_base_directory(const Relative& relative, const cc::Compiler& compiler, char* const* argv,
                                                 cc::Settings settings) {
  const auto roots = roots_of(relative);
  if (!roots) return std::nullopt;
  const std::string base = roots->above();
  settings.base_directory = base.c_str();
  const auto plan = cc::make_plan(compiler, argv, settings);
  const bool helps =
      base != "/" && plan && !names(plan->parts, "source", roots->now.native()) && !names(plan->parts, "argument", roots->now.native());
  if (helps) return fmt::format("set ZCCACHE_BASEDIR={}: then what is below it is named relative to the working directory", base);
  return "name sources and search directories relative to the working directory: absolute paths keep checkouts from sharing";
}

std::string advise_prefix_map(const cc::Compiler& compiler, char* const* argv, const cc::Settings& settings) {
  const std::string here = cc::WorkingDirectory::current().physical;
  std::string map = fmt::format("-ffile-prefix-map={}=.", here);
  std::vector<char*> with_map;
  for (; *argv != nullptr; ++argv) with_map.push_back(*argv);
  with_map.insert(with_map.end(), {map.data(), nullptr});
  const auto plan = cc::make_plan(compiler, with_map.data(), settings);
  const bool helps =
      plan && std::ranges::none_of(plan->parts, [&](const cc::KeyPart& part) { return part.value.find(here) != std::string::npos; });
  if (helps) return fmt::format("add {}: it keeps the working directory out of the result", map);
  return "build in the same directory: the result holds its name, as with -g, coverage, -flto or __FILE__ of an absolute path";
}

bool has_directory(const Parts& parts) { return std::ranges::find(parts, "directory", &cc::KeyPart::label) != parts.end(); }

bool is_of_another_place(const Candidate& one) { return !one.changes.empty() && one.changes.front() == cc::kOtherPlace; }

}  // namespace

std::vector<std::string> advice_on(const Explanation& told, const cc::Compiler& compiler, char* const* argv, const cc::Settings& settings) {
  std::vector<std::string> advice;
  if (told.relative) {
    if (auto base = advise_base_directory(*told.relative, compiler, argv, settings)) advice.push_back(*std::move(base));
  }
  const bool directory_differs = (told.relative && has_directory(told.relative->added) && has_directory(told.relative->missing)) ||
                                 std::ranges::any_of(told.candidates, is_of_another_place);
  if (directory_differs) advice.push_back(advise_prefix_map(compiler, argv, settings));
  return advice;
}

}  // namespace zccache::index_tool
