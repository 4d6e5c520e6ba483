#include "project.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <wordexp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/json.hpp"
#include "files.hpp"
#include "subject.hpp"

namespace zccache::bench {
namespace {

using tools::Json;

std::string source(std::uint64_t seed, bool tiny, std::size_t number) {
  std::string text = tiny ? "" : "#include <algorithm>\n#include <map>\n#include <string>\n#include <vector>\n";
  for (int function = 0; function < 20; ++function) {
    text += tiny ? fmt::format("int f{0}_{1}(int x) {{ return x * {0} + {2}; }}\n", number, function, seed)
                 : fmt::format(
                       "std::size_t f{0}_{1}(std::map<std::string, std::vector<int>>& m, std::string k) {{\n"
                       "  auto& v = m[k + \"{0}\"];\n  v.push_back({2});\n  std::sort(v.begin(), v.end());\n  return v.size();\n}}\n",
                       number, function, seed);
  }
  return text;
}

/// A file that is as young as a compile looks as if it had changed meanwhile, and then nothing is stored.
void wait_until_older(const std::filesystem::path& file) {
  const auto changed_at = [](const std::filesystem::path& path) {
    struct stat status {};
    stat(path.c_str(), &status);
    return std::pair(status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  };
  const std::filesystem::path young = file.string() + ".young";
  do write_file(young, "x");
  while (changed_at(young) <= changed_at(file));
}

/// The words that a shell makes of a command.
std::vector<std::string> words_of(const std::string& command) {
  wordexp_t expanded{};
  if (wordexp(command.c_str(), &expanded, WRDE_NOCMD) != 0) throw std::runtime_error("not a plain command: " + command);
  std::vector<std::string> words(expanded.we_wordv, expanded.we_wordv + expanded.we_wordc);
  wordfree(&expanded);
  return words;
}

}  // namespace

void Project::add(Command compile, std::filesystem::path object) {
  run(compile);
  std::string expected = content_of(object);
  units_.push_back({std::move(compile), std::move(object), std::move(expected)});
}

Project Project::made_up(std::uint64_t seed, bool tiny, const std::filesystem::path& directory) {
  const std::size_t count = tiny ? 2 : 8;
  const auto name = [](std::size_t i) { return fmt::format("unit{}.cpp", i); };
  for (std::size_t i = 0; i < count; ++i) write_file(directory / name(i), source(seed, tiny, i));
  wait_until_older(directory / name(count - 1));
  Project project;
  for (std::size_t i = 0; i < count; ++i) {
    const std::filesystem::path object = directory / fmt::format("unit{}.o", i);
    project.add({{"g++", "-O2", "-c", name(i), "-o", object}, {}, directory}, object);
  }
  return project;
}

Project Project::of_database(const std::filesystem::path& file, const std::filesystem::path& directory) {
  const Json database = Json::parse(content_of(file), nullptr, false);
  if (!database.is_array() || database.empty()) throw std::runtime_error(file.string() + " is no compilation database");
  Project project;
  for (const Json& entry : database) {
    Command compile;
    compile.arguments = entry.contains("arguments") ? entry.at("arguments").get<std::vector<std::string>>() : words_of(entry.at("command"));
    compile.directory = entry.at("directory").get<std::string>();
    const auto output = std::ranges::find(compile.arguments, "-o");
    if (output == compile.arguments.end() || output + 1 == compile.arguments.end()) {
      throw std::runtime_error(fmt::format("{}: a command without -o: {}", file.string(), fmt::join(compile.arguments, " ")));
    }
    const std::filesystem::path object = directory / fmt::format("{}.o", project.size());
    *(output + 1) = object;
    project.add(std::move(compile), object);
  }
  return project;
}

void Project::remove_objects() const {
  for (const Unit& unit : units_) std::filesystem::remove(unit.object);
}

void Project::check_objects() const {
  const auto right = std::ranges::count_if(units_, [](const Unit& unit) { return content_of(unit.object) == unit.expected; });
  require_right(static_cast<std::size_t>(right), units_.size());
}

}  // namespace zccache::bench
