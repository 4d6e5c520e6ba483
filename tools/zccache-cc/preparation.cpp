#include "preparation.hpp"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "cache_key.hpp"
#include "direct_mode.hpp"
#include "process.hpp"

namespace zccache::cc {
namespace {

bool is_other_encoding(std::string_view argument) {
  constexpr std::string_view kOption = "-finput-charset=";
  return argument.starts_with(kOption) && ::strcasecmp(argument.data() + kOption.size(), "UTF-8") != 0;  // ends where the argument ends
}

// What the command line asks for counts as if the source had asked for it.
Asked asked_by_command(const ParsedCommand& command) {
  Asked line{"command line", {}};
  for (const std::string_view macro : command.macros) scan_command_macro(macro, line.directives);
  for (const std::string_view include : command.forced_includes) line.directives.headers.push_back({std::string(include), true});
  for (const char* argument : command.preprocessor_arguments) {
    if (is_other_encoding(argument)) line.directives.unsafe = "the sources are in another encoding";
  }
  return line;
}

}  // namespace

Cacheable<Preparation> prepare(ArtifactStore& store, const Compiler& compiler, const char* name, const ParsedCommand& command) {
  Preparation made;
  made.start = file_clock_now();
  made.search_path = search_path(store, compiler, name, command);
  if (made.search_path && !made.search_path->not_cacheable.empty()) return NotCacheable{Counter::environment, made.search_path->not_cacheable};
  auto preprocessed = preprocess(compiler, name, command);
  die_if_stopped();
  if (!preprocessed) return std::move(preprocessed).error();
  made.preprocessed = *std::move(preprocessed);
  made.asked.push_back(asked_by_command(command));
  auto files = read_files(named_files(made.preprocessed.text), [&made](const std::string& file, std::string_view content) {
    made.asked.push_back({file, {}});
    scan_directives(content, made.asked.back().directives);
  });
  if (!files) return std::move(files).error();
  made.files = *std::move(files);
  const std::vector<StampedPath> unknown;
  made.key = cache_key(compiler, made.search_path ? made.search_path->programs : unknown, command, made.preprocessed, made.files);
  return made;
}

std::optional<Surroundings> look_around(const Compiler& compiler, const Preparation& made) {
  if (!made.search_path) return std::nullopt;
  return look_around(*made.search_path, made.asked, made.files, compiler.family == Family::gcc, made.start);
}

std::string changed_since(const Preparation& made, const std::optional<Surroundings>& before, const std::optional<Surroundings>& after) {
  constexpr const char* kWhen = " while it was compiled, or just before";
  if (const SourceFile* file = changed_since(made.start, made.files)) return file->name + " changed" + kWhen;
  if (made.search_path) {
    const auto file = std::ranges::find_if(made.search_path->steering, has_changed);
    if (file != made.search_path->steering.end()) return file->path + " changed" + kWhen;
  }
  if (!before || !after) return {};
  if (!after->appeared.empty()) return after->appeared + " appeared" + kWhen;
  const std::string place = changed_between(*before, *after);
  return place.empty() ? place : "another header may be found: " + place;
}

std::string remember(ArtifactStore& store, const Compiler& compiler, const Description& description, const Preparation& made,
                     const std::optional<Surroundings>& around) {
  if (!around) return "the compiler does not tell where it looks";
  return remember(store, {compiler, description, *made.search_path, made.files, made.asked, *around, made.preprocessed.text, made.start},
                  made.key);
}

}  // namespace zccache::cc
