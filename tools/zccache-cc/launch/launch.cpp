#include "zccache-cc/launch/launch.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zccache/artifact_store.hpp>
#include <zccache/eviction.hpp>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "observe/child_signals.hpp"
#include "observe/observer.hpp"
#include "zccache-cc/facts/file_stamp.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/read_content.hpp"
#include "zccache-cc/launch/lookup.hpp"
#include "zccache-cc/launch/maintenance.hpp"
#include "zccache-cc/launch/outputs.hpp"
#include "zccache-cc/launch/plan.hpp"
#include "zccache-cc/launch/replay.hpp"
#include "zccache-cc/launch/store_result.hpp"
#include "zccache-cc/launch/team.hpp"
#include "zccache-cc/launch/upstream.hpp"
#include "zccache-cc/platform/crash_fallback.hpp"
#include "zccache-cc/platform/decision_log.hpp"
#include "zccache-cc/platform/process.hpp"

namespace zccache::cc {
namespace {

result<ArtifactStore> open_store(const Settings& settings) {
  OpenOptions options = OpenOptions::from_environment();
  options.read_only = settings.read_only;
  options.flusher = Flusher::caller;
  return ArtifactStore::open(settings.directory, options);
}

void start_log(const char* file, const config::Configuration& configuration) {
  open_decision_log(file);
  for (const std::string& problem : configuration.problems()) log_decision(LogLevel::warning, problem);
}

// A file written in the present tick of the file clock could be written again without showing it, so what is made of it would not be stored.
// Configure scripts compile nothing else, and a link follows its last compile. Waiting for the next tick, 10 ms at most, makes them worth
// storing.
void wait_until_settled(const std::string& input) noexcept {
  constexpr timespec kStep{.tv_sec = 0, .tv_nsec = 1'000'000};
  struct stat status {};
  if (::stat(input.c_str(), &status) != 0) return;
  for (int steps = 0; steps < 12 && !is_settled(stamp_of(status), file_clock_now()); ++steps) ::nanosleep(&kStep, nullptr);
}

// What a program reads and then writes itself can be read by nobody else afterwards.
void note_contents(Knowledge& knowledge, const std::vector<std::string>& inputs, std::int64_t moment) {
  for (const std::string& input : inputs) {
    struct stat status {};
    if (::stat(input.c_str(), &status) == 0) (void)read_content(knowledge, input.c_str(), status, moment);
  }
}

// One compile on its way through the cache.
class Launch {
 public:
  Launch(const Compiler& compiler, char** argv, const Settings& settings) : compiler_(compiler), argv_(argv), settings_(settings) {}

  // The exit code, or why the compiler has to do it alone.
  Expected<int> run() {
    auto plan = make_plan(compiler_, argv_, settings_);
    if (!plan) return std::move(plan).error();
    plan_ = *std::move(plan);
    if (settings_.directory.empty()) return Uncacheable{Counter::internal_error, "none of ZCCACHE_DIR, XDG_CACHE_HOME and HOME is set"};
    auto opened = open_store(settings_);
    if (!opened) return Uncacheable{Counter::internal_error, "no cache: " + opened.error().message()};
    store_.emplace(std::move(*opened));
    observe::relay_stop_signals();
    if (!settings_.recache) {
      if (const auto exit_code = serve()) return *exit_code;
    }
    store_->count_miss();
    count(Counter::miss);
    if (store_->read_only()) return Uncacheable{Counter::miss, "a miss in a cache that is only read"};
    return compile();
  }

  void count(Counter counter, std::uint64_t n = 1) noexcept {
    if (!store_) open_to_count();
    if (store_) store_->count(static_cast<std::size_t>(counter), n);
  }

 private:
  std::optional<int> serve() {
    Knowledge knowledge(*store_);
    const auto found = find_result(knowledge, plan_);
    auto exit_code = found ? replay(*store_, hex_of(found->result), plan_) : std::nullopt;
    die_if_stopped();
    if (exit_code) {
      remember(knowledge, *found, *exit_code);
      return exit_code;
    }
    for (const std::string_view upstream : settings_.upstreams) {
      if (!exit_code) exit_code = serve_from_upstream(upstream);
    }
    if (!exit_code && settings_.remote.server != nullptr) exit_code = serve_from_remote();
    return exit_code;
  }

  std::optional<int> serve_from_upstream(std::string_view upstream) {
    auto above = open_upstream(upstream);
    if (!above) return std::nullopt;
    Knowledge knowledge(*store_, &*above);
    const auto found = find_result(knowledge, plan_);
    const auto exit_code = found ? replay_from_upstream(*store_, *above, hex_of(found->result), plan_) : std::nullopt;
    die_if_stopped();
    if (!exit_code) return std::nullopt;
    knowledge.adopt_from_above();
    note_in_manifest(knowledge, plan_, manifest_of(knowledge, plan_), *found);
    remember(knowledge, *found, *exit_code);
    return exit_code;
  }

  std::optional<int> serve_from_remote() {
    if (store_->read_only()) return std::nullopt;
    Team team(*store_, settings_.remote);
    // It may know of more compiles of this command than we do; and where we know of one, its result may have been evicted here.
    (void)team.bring_manifest(plan_.first_key);
    Knowledge knowledge(*store_);
    const auto found = find_result(knowledge, plan_);
    if (!found) return std::nullopt;
    const std::string key = hex_of(found->result);
    if (!store_->find(key) && !team.bring_result(found->result)) return std::nullopt;
    const auto exit_code = replay(*store_, key, plan_);
    die_if_stopped();
    if (!exit_code) return std::nullopt;
    count(Counter::remote_hit);
    remember(knowledge, *found, *exit_code);
    return exit_code;
  }

  // The time that a hit saved, and what it found out on the way, which saves the next one from finding it out again. Whatever happens here, the
  // compile has been served.
  void remember(Knowledge& knowledge, const ManifestEntry& found, int exit_code) {
    guard_by_exit(exit_code);
    count(Counter::saved_millis, found.compile_millis);
    if (store_->read_only()) return;
    knowledge.touch_all(*store_);
    if (knowledge.has_news()) (void)knowledge.commit(*store_);
  }

  Expected<int> compile() {
    for (const std::string& input : plan_.inputs) wait_until_settled(input);
    const std::int64_t start = file_clock_now();
    Knowledge knowledge(*store_);
    if (plan_.rewrites) note_contents(knowledge, plan_.inputs, start);
    auto observed = observe::run({.path = compiler_.path.c_str(), .argv = plan_.argv.data(), .envp = environ, .mode = settings_.observe});
    if (!observed) {
      die_if_stopped();
      return Uncacheable{Counter::could_not_run, compiler_.path + " could not be started: " + std::strerror(observed.error().system_error)};
    }
    write_out(STDOUT_FILENO, observed->output);
    write_out(STDERR_FILENO, observed->diagnostics);
    if (!WIFEXITED(observed->wait_status)) end_like(observed->wait_status);
    const int exit_code = WEXITSTATUS(observed->wait_status);
    guard_by_exit(exit_code);
    store_and_maintain(knowledge, *observed, start);
    return exit_code;
  }

  // An exception ends as a fault does: with the compiler's exit code.
  void store_and_maintain(Knowledge& knowledge, const observe::Observation& observed, std::int64_t start) noexcept {
    const std::string& source = plan_.command.source;
    if (WEXITSTATUS(observed.wait_status) != 0) {
      log_decision("miss " + source + ": not stored: the compiler failed");
      return count(Counter::compiler_failed);
    }
    const bool scripts_count = compiler_.is_plain_script || settings_.is_named_program(compiler_.name);
    const auto key = store_result(*store_, knowledge, plan_, observed, start, scripts_count, settings_.remote.writes);
    if (!key) {
      log_decision(LogLevel::warning, "miss " + source + ": not stored: " + key.error().why);
      return count(key.error().counter);
    }
    log_decision("miss " + *key + " " + source + ": stored");
    if (settings_.remote.writes) Team(*store_, settings_.remote).announce(*key);
    if (store_->flush_due() || collection_due(*store_, EvictionPolicy::from_environment())) maintain_detached(store_->directory());
  }

  // What is passed on counts from the first: `stats` can say why nothing is cached only if it was counted.
  void open_to_count() noexcept {
    if (settings_.directory.empty() || settings_.read_only) return;
    if (auto opened = open_store(settings_)) store_.emplace(std::move(*opened));
  }

  const Compiler& compiler_;
  char** const argv_;
  const Settings& settings_;
  Plan plan_;
  std::optional<ArtifactStore> store_;
};

}  // namespace

int launch(const Compiler& compiler, char** argv, const Settings& settings, const config::Configuration& configuration) {
  guard_by_compiler(compiler.path.c_str(), argv, environ);
  try {
    if (settings.log_file != nullptr) start_log(settings.log_file, configuration);
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
  return exec_compiler(compiler.path.c_str(), argv);
}

}  // namespace zccache::cc
