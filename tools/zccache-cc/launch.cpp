#include "launch.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zccache/artifact_store.hpp>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "cache_key.hpp"
#include "cacheable.hpp"
#include "compile_and_store.hpp"
#include "decision_log.hpp"
#include "direct_mode.hpp"
#include "fault_guard.hpp"
#include "outputs.hpp"
#include "preprocess.hpp"
#include "process.hpp"
#include "replay.hpp"
#include "source_files.hpp"

namespace zccache::cc {
namespace {

constexpr const char* kColourAlways = "-fdiagnostics-color=always";

bool terminal_shows_colour() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

bool is_file_of_another_kind(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// What the preprocessor must not be let loose on: it would consume a pipe, or read a precompiled header for the text.
std::string unusual_input(const ParsedCommand& command) {
  if (is_file_of_another_kind(command.source)) return "the source is not a regular file";
  for (const std::string_view view : command.forced_includes) {
    const std::string include(view);
    if (is_file_of_another_kind(include)) return include + " is not a regular file";
    if (is_there(include + ".gch") || is_there(include + ".pch")) return include + " is precompiled";
  }
  return {};
}

Cacheable<ParsedCommand> understand(std::span<char* const> argv, const Compiler& compiler) {
  if (compiler.family == Family::unknown) return NotCacheable{compiler.real_path + " is neither gcc nor clang by its name"};
  auto command = parse_arguments(std::vector<const char*>(argv.begin() + 1, argv.end()));
  if (!command) return command;
  for (std::string why : {unknown_environment(), unusual_input(*command), unusual_output(*command)}) {
    if (!why.empty()) return NotCacheable{std::move(why)};
  }
  return command;
}

Cacheable<ArtifactStore> open_store(const Settings& settings) {
  if (settings.directory.empty()) return NotCacheable{"none of ZCCACHE_DIR, XDG_CACHE_HOME and HOME is set"};
  OpenOptions options = OpenOptions::from_environment();
  options.read_only = settings.read_only;
  options.flusher = Flusher::caller;
  auto store = ArtifactStore::open(settings.directory, options);
  if (!store) return NotCacheable{"no cache: " + store.error().message()};
  return std::move(*store);
}

// What the slow way to a key comes by.
struct Preparation {
  timespec start;
  Preprocessed preprocessed;
  std::vector<SourceFile> files;
  std::vector<Asked> asked;
  SearchPath search_path;
  bool knows_search_path;
  std::string key;
};

Cacheable<Preparation> prepare(ArtifactStore& store, const Compiler& compiler, const char* name, const ParsedCommand& command) {
  Preparation made{
      .start = file_clock_now(), .preprocessed = {}, .files = {}, .asked = {}, .search_path = {}, .knows_search_path = false, .key = {}};
  auto preprocessed = preprocess(compiler, name, command);
  die_if_stopped();
  if (!preprocessed) return std::move(preprocessed).error();
  made.preprocessed = *std::move(preprocessed);
  auto files = read_files(named_files(made.preprocessed.text), [&made](const std::string& file, std::string_view content) {
    made.asked.push_back({file, {}});
    scan_directives(content, made.asked.back().directives);
  });
  if (!files) return std::move(files).error();
  made.files = *std::move(files);
  auto path = search_path(store, compiler, name, command);
  made.knows_search_path = path.has_value();
  if (path) made.search_path = *std::move(path);
  made.key = cache_key(compiler, made.search_path.programs, command, made.preprocessed, made.files);
  return made;
}

// What the command line asks for counts as if the source had asked for it.
void add_asked_by_command(std::vector<Asked>& asked, const ParsedCommand& command) {
  Asked line{"command line", {}};
  for (const std::string_view macro : command.macros) scan_macro_value(macro, line.directives);
  for (const std::string_view include : command.forced_includes) line.directives.headers.push_back({std::string(include), true, false});
  asked.push_back(std::move(line));
}

void remember_for_direct_mode(ArtifactStore& store, const Compiler& compiler, const Description& description, const ParsedCommand& command,
                              Preparation& made) {
  if (store.read_only()) return;
  std::string why_not = "the compiler does not tell where it looks";
  if (made.knows_search_path) {
    add_asked_by_command(made.asked, command);
    why_not = remember(store, {compiler, description, made.search_path, made.files, made.asked, made.preprocessed.text, made.start}, made.key);
  }
  if (!why_not.empty()) log_decision("no direct mode: " + why_not);
}

Cacheable<int> through_cache(const Compiler& compiler, std::vector<char*> argv, const Settings& settings) {
  auto command = understand(argv, compiler);
  if (!command) return std::move(command).error();
  std::string colour = kColourAlways;
  if (!command->colour_is_chosen && terminal_shows_colour()) {
    argv.push_back(colour.data());
    command->preprocessor_arguments.push_back(colour.data());
    command->key_arguments.push_back(colour);
  }
  auto store = open_store(settings);
  if (!store) return std::move(store).error();

  const bool direct = !settings.no_direct;
  const Description description = describe(compiler, *command);
  if (direct && !settings.recache) {
    const std::string key = find_direct(*store, description);
    if (!key.empty()) {
      if (const auto exit_code = replay(*store, key, *command, "direct")) return *exit_code;
    }
  }

  relay_stop_signals();
  auto made = prepare(*store, compiler, argv.front(), *command);
  if (!made) return std::move(made).error();
  if (!settings.recache) {
    if (const auto exit_code = replay(*store, made->key, *command, "preprocessed")) {
      guard_by_exit(*exit_code);
      if (direct && changed_since(made->start, made->files) == nullptr)
        remember_for_direct_mode(*store, compiler, description, *command, *made);
      return *exit_code;
    }
  }
  store->count_miss();
  if (settings.read_only) return NotCacheable{"miss " + made->key + " in a cache that is only read"};
  argv.push_back(nullptr);
  return compile_and_store(*store, {compiler.path.c_str(), argv.data(), made->start, made->key, *command, made->files, [&] {
                                      if (direct) remember_for_direct_mode(*store, compiler, description, *command, *made);
                                    }});
}

}  // namespace

int launch(const Compiler& compiler, char** argv, const Settings& settings) {
  guard_by_compiler(compiler.path.c_str(), argv, environ);
  try {
    if (settings.log_file != nullptr) open_decision_log(settings.log_file);
    std::vector<char*> arguments;
    for (char** argument = argv; *argument != nullptr; ++argument) arguments.push_back(*argument);
    const auto exit_code = settings.disabled ? NotCacheable{"ZCCACHE_DISABLE is set"} : through_cache(compiler, std::move(arguments), settings);
    if (exit_code) return *exit_code;
    log_decision("not cacheable: " + exit_code.error().why);
  } catch (const std::exception&) {
    // Out of memory, or no working directory: nothing that the compiler cannot say better.
  }
  die_if_stopped();
  return become(compiler.path.c_str(), argv);
}

}  // namespace zccache::cc
