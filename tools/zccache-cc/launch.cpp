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

Cacheable<int> through_cache(const Compiler& compiler, std::vector<char*> argv, const Settings& settings) {
  auto command = understand(argv, compiler);
  if (!command) return std::move(command).error();
  std::string colour = kColourAlways;
  if (!command->colour_is_chosen && terminal_shows_colour()) {
    argv.push_back(colour.data());
    command->key_arguments.push_back(colour);
  }
  auto store = open_store(settings);
  if (!store) return std::move(store).error();

  relay_stop_signals();
  const timespec start = file_clock_now();
  auto preprocessed = preprocess(compiler, argv.front(), *command);
  die_if_stopped();
  if (!preprocessed) return std::move(preprocessed).error();
  auto files = read_files(named_files(preprocessed->text));
  if (!files) return std::move(files).error();
  const std::string key = cache_key(compiler, *command, *preprocessed, *files);

  if (!settings.recache) {
    if (const auto exit_code = replay(*store, key, *command)) return *exit_code;
  }
  store->count_miss();
  if (settings.read_only) return NotCacheable{"miss " + key + " in a cache that is only read"};
  argv.push_back(nullptr);
  return compile_and_store(*store, {compiler.path.c_str(), argv.data(), start, key, *command, *files});
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
