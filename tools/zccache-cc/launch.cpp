#include "launch.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zccache/artifact_store.hpp>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base_directory.hpp"
#include "cacheable.hpp"
#include "compile_and_store.hpp"
#include "decision_log.hpp"
#include "direct_mode.hpp"
#include "fault_guard.hpp"
#include "preparation.hpp"
#include "process.hpp"
#include "replay.hpp"
#include "understand.hpp"
#include "upstream.hpp"

namespace zccache::cc {
namespace {

constexpr const char* kColourAlways = "-fdiagnostics-color=always";

bool terminal_shows_colour() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

result<ArtifactStore> open_store(const Settings& settings) {
  OpenOptions options = OpenOptions::from_environment();
  options.read_only = settings.read_only;
  options.flusher = Flusher::caller;
  return ArtifactStore::open(settings.directory, options);
}

// One compile on its way through the cache.
class Launch {
 public:
  Launch(const Compiler& compiler, char** argv, const Settings& settings) : compiler_(compiler), settings_(settings) {
    for (; *argv != nullptr; ++argv) argv_.push_back(*argv);
    if (settings.base_directory != nullptr) name_relatively(settings.base_directory, argv_, renamed_);
  }

  // The exit code, or why the compiler has to do it alone.
  Cacheable<int> run() {
    auto understood = understand(argv_, compiler_, response_files_);
    if (!understood) return std::move(understood).error();
    command_ = *std::move(understood);
    show_colours();
    if (settings_.directory.empty()) return NotCacheable{Counter::internal_error, "none of ZCCACHE_DIR, XDG_CACHE_HOME and HOME is set"};
    auto opened = open_store(settings_);
    if (!opened) return NotCacheable{Counter::internal_error, "no cache: " + opened.error().message()};
    store_.emplace(std::move(*opened));
    description_ = describe(compiler_, command_);
    relay_stop_signals();
    if (const auto exit_code = serve_direct()) return *exit_code;
    return serve_or_compile();
  }

  void count(Counter counter) noexcept {
    if (!store_) open_to_count();
    if (store_) store_->count(static_cast<std::size_t>(counter));
  }

 private:
  // The compiler's standard error will be a pipe: it would not see the terminal.
  void show_colours() {
    if (command_.colour_is_chosen || !terminal_shows_colour()) return;
    argv_.push_back(colour_.data());
    command_.preprocessor_arguments.push_back(colour_.data());
    command_.key_arguments.push_back(colour_);
  }

  std::optional<int> serve_direct() {
    if (settings_.no_direct || settings_.recache) return std::nullopt;
    const std::string key = find_direct(*store_, description_);
    auto exit_code = key.empty() ? std::nullopt : serve(key, Counter::hit_direct);
    if (exit_code || settings_.upstream == nullptr) return exit_code;
    exit_code = replay_directly_from_upstream(*store_, settings_.upstream, description_, command_);
    die_if_stopped();
    return exit_code;
  }

  Cacheable<int> serve_or_compile() {
    auto made = prepare(*store_, compiler_, argv_.front(), command_);
    if (!made) return std::move(made).error();
    const auto around = look_around(compiler_, *made);
    if (!settings_.recache) {
      auto exit_code = serve(made->key, Counter::hit_preprocessed);
      if (!exit_code && settings_.upstream != nullptr) exit_code = replay_from_upstream(*store_, settings_.upstream, made->key, command_);
      if (exit_code) {
        guard_by_exit(*exit_code);
        remember_hit(*made, around);
        return *exit_code;
      }
    }
    store_->count_miss();
    count(Counter::miss);
    if (settings_.read_only) return NotCacheable{Counter::miss, "miss " + made->key + " in a cache that is only read"};
    return compile(*made, around);
  }

  Cacheable<int> compile(const Preparation& made, const std::optional<Surroundings>& before) {
    // Not for the compiler: prepare() is asked for the same command again.
    std::vector<char*> argv = argv_;
    argv.push_back(nullptr);
    std::optional<Surroundings> after;
    const auto changed = [&] { return what_changed(made, before, after); };
    const auto stored = [&] { remember_for_next(made, after); };
    return compile_and_store(*store_, {compiler_.path.c_str(), argv.data(), made.start, made.key, command_, changed, stored});
  }

  // Why the result may not be that of the text, or empty. Leaves a second look in `after`.
  std::string what_changed(const Preparation& made, const std::optional<Surroundings>& before, std::optional<Surroundings>& after) {
    if (const std::string* file = response_files_.changed()) return *file + " changed while it was compiled";
    after = look_around(compiler_, made);
    std::string change = changed_since(made, before, after);
    if (!change.empty() || !before || before->unsettled.empty()) return change;
    // Between preprocessing and the first look a header may have gone, or have come with a folder. Then the text is another one now.
    const auto again = prepare(*store_, compiler_, argv_.front(), command_);
    return again && again->key == made.key ? std::string() : before->unsettled + " changed while it was compiled, or just before";
  }

  // As after a compile; but nothing was compiled meanwhile, and nothing has to be looked at twice.
  void remember_hit(const Preparation& made, const std::optional<Surroundings>& around) {
    if (settings_.no_direct || settings_.read_only) return;
    std::string why_not = changed_since(made, around, around);
    if (why_not.empty() && around && !around->unsettled.empty()) why_not = around->unsettled + " is new";
    if (why_not.empty()) return remember_for_next(made, around);
    log_no_direct_mode(why_not);
  }

  std::optional<int> serve(const std::string& key, Counter how) {
    const auto exit_code = replay(*store_, key, command_, how);
    die_if_stopped();
    return exit_code;
  }

  void remember_for_next(const Preparation& made, const std::optional<Surroundings>& around) {
    if (settings_.no_direct || settings_.read_only) return;
    const std::string why_not = remember(*store_, compiler_, description_, made, around);
    if (!why_not.empty()) log_no_direct_mode(why_not);
  }

  void log_no_direct_mode(const std::string& why) {
    log_decision("no direct mode: " + why);
    count(Counter::no_direct_mode);
  }

  // Only to count something, no cache is made.
  void open_to_count() noexcept {
    struct stat status {};
    if (settings_.directory.empty() || settings_.read_only || ::stat((settings_.directory / "index.live").c_str(), &status) != 0) return;
    if (auto opened = open_store(settings_)) store_.emplace(std::move(*opened));
  }

  const Compiler& compiler_;
  const Settings& settings_;
  std::vector<char*> argv_;
  std::vector<std::string> renamed_;
  ResponseFiles response_files_;
  std::string colour_ = kColourAlways;
  ParsedCommand command_;
  std::optional<ArtifactStore> store_;
  Description description_;
};

}  // namespace

int launch(const Compiler& compiler, char** argv, const Settings& settings) {
  guard_by_compiler(compiler.path.c_str(), argv, environ);
  try {
    if (settings.log_file != nullptr) open_decision_log(settings.log_file);
    if (settings.disabled) {
      log_decision("not cacheable: ZCCACHE_DISABLE is set");
    } else {
      Launch one(compiler, argv, settings);
      const auto exit_code = one.run();
      if (exit_code) return *exit_code;
      log_decision("not cacheable: " + exit_code.error().why);
      if (exit_code.error().counter != Counter::miss) one.count(exit_code.error().counter);
    }
  } catch (const std::exception&) {
    // Out of memory, or no working directory: nothing that the compiler cannot say better.
  }
  die_if_stopped();
  return become(compiler.path.c_str(), argv);
}

}  // namespace zccache::cc
