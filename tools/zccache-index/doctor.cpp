// doctor: whether all is there that caching needs, one line for each thing, with the cure where it is not. Changes
// nothing here; a server to which results go gets a value that says so.
#include <fmt/core.h>
#include <sys/utsname.h>
#include <zccache/artifact_store.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "common/directory.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "observe/observer.hpp"
#include "obstacle.hpp"
#include "remote/start.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/platform/settings.hpp"

namespace zccache::index_tool {
namespace {

struct Finding {
  enum class State { good, note, bad };
  State state;
  std::string about;
  std::string found;
  std::string cure;  ///< empty where there is nothing to do
};

const char* name(Finding::State state) {
  switch (state) {
    case Finding::State::good:
      return "ok";
    case Finding::State::note:
      return "note";
    case Finding::State::bad:
      break;
  }
  return "bad";
}

using enum Finding::State;

Finding directory(const std::filesystem::path& path) {
  const auto obstacles = obstacles_at(path);
  if (!obstacles.empty()) return {bad, "directory", fmt::format("{}: {}", path.string(), obstacles.front().found), obstacles.front().cure};
  OpenOptions options;
  options.read_only = true;
  const auto store = ArtifactStore::open(path, options);
  if (store) return {good, "directory", fmt::format("{}: {} entries", path.string(), store->size()), {}};
  if (store.error().error == Error::not_found) return {good, "directory", path.string() + ": not there yet; the first compile makes it", {}};
  return {bad, "directory", fmt::format("{}: {}", store.error().subject, describe(store.error().error)), cure(store.error().error)};
}

Finding kernel() {
  struct utsname machine {};
  ::uname(&machine);
  return {good, "kernel", fmt::format("{} {} on {}", machine.sysname, machine.release, machine.machine), {}};
}

Finding observation(observe::Mode wanted) {
  using observe::Mode;
  if (wanted == Mode::off) return {bad, "observation", "off: hits are served, and nothing is stored", "unset ZCCACHE_OBSERVE"};
  const std::string no_notification = observe::why_unavailable(Mode::notify);
  if (wanted != Mode::ptrace && no_notification.empty()) return {good, "observation", "by notification", {}};
  const std::string no_tracing = observe::why_unavailable(Mode::ptrace);
  const bool may_trace = wanted != Mode::notify && no_tracing.empty();
  if (may_trace && wanted == Mode::ptrace) return {good, "observation", "by ptrace, as ZCCACHE_OBSERVE wants it", {}};
  if (may_trace)
    return {note, "observation", "by ptrace, which takes longer: no notification: " + no_notification, "allow seccomp in this container"};
  return {bad, "observation", fmt::format("impossible: notification: {}; ptrace: {}", no_notification, no_tracing),
          "allow seccomp user notification, or ptrace, in this container; until then hits are served and nothing is stored"};
}

Finding preloaded_library() {
  const std::string& path = observe::preload_library();
  if (!path.empty()) return {good, "library", path, {}};
  return {note, "library", "libzccache-observe.so is not beside the programs: misses take longer",
          "install it in ../lib/zccache, seen from the programs"};
}

std::vector<Finding> compilers() {
  std::vector<Finding> findings;
  for (const char* compiler : {"cc", "c++", "gcc", "g++", "clang", "clang++"}) {
    const auto found = cc::find_compiler(compiler);
    if (!found) continue;
    const bool known = found->family != cc::Family::unknown;
    findings.push_back({known ? good : note, compiler, found->path + " is " + found->real_path,
                        known ? "" : "neither gcc nor clang by its name: name it in ZCCACHE_PROGRAMS"});
  }
  if (findings.empty()) findings.push_back({bad, "compiler", "none of cc, c++, gcc, g++, clang, clang++ is in PATH", "install one"});
  return findings;
}

Finding::State state_of(std::string_view word) { return word == "ok" ? good : word == "note" ? note : bad; }

/// The part of a line up to the next tab; `line` becomes the rest.
std::string take_field(std::string_view& line) {
  const std::string field(line.substr(0, line.find('\t')));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

// zccache-remote knows servers; this program links none of their libraries.
std::vector<Finding> servers(const remote::RemoteSettings& settings) {
  if (settings.server == nullptr) return {};
  const auto said = remote::output_of_check();
  if (!said) return {{bad, "server", "zccache-remote is not beside the programs: nobody is asked", "install it there"}};
  std::vector<Finding> findings;
  std::istringstream lines(*said);
  for (std::string text; std::getline(lines, text);) {
    std::string_view line = text;
    const Finding::State state = state_of(take_field(line));
    std::string found = take_field(line);
    findings.push_back({state, "server", tools::printable(found), tools::printable(take_field(line))});
  }
  return findings;
}

std::vector<Finding> settings(const cc::Settings& chosen, const std::vector<std::string>& problems) {
  std::vector<Finding> findings;
  for (const std::string& problem : problems) findings.push_back({bad, "setting", problem, "correct or remove it; zccache-index config"});
  if (chosen.disabled) findings.push_back({bad, "setting", "ZCCACHE_DISABLE is set: nothing is cached", "unset it"});
  if (chosen.read_only) findings.push_back({note, "setting", "ZCCACHE_READONLY is set: nothing is stored", {}});
  return findings;
}

}  // namespace

int doctor(const Context& context) {
  const cc::Settings chosen = cc::Settings::from_environment();
  std::vector<Finding> findings{directory(tools::chosen_directory(context.directory)), kernel(), observation(chosen.observe),
                                preloaded_library()};
  std::ranges::move(compilers(), std::back_inserter(findings));
  std::ranges::move(servers(chosen.remote), std::back_inserter(findings));
  std::ranges::move(settings(chosen, context.configuration.problems()), std::back_inserter(findings));
  if (context.json) {
    tools::Json document = tools::Json::array();
    for (const Finding& one : findings)
      document.push_back({{"state", name(one.state)}, {"about", one.about}, {"found", one.found}, {"cure", one.cure}});
    tools::print_json(document);
  } else {
    for (const Finding& one : findings) {
      fmt::print("{:<5} {:<12} {}\n", name(one.state), one.about, one.found);
      if (!one.cure.empty()) fmt::print("{:<18} -> {}\n", "", one.cure);
    }
  }
  const bool is_well = std::ranges::none_of(findings, [](const Finding& one) { return one.state == bad; });
  return is_well ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
