// observe: what a command asks the kernel about files, what it writes, and whether its result could be given back from a cache.
#include "observe/observer.hpp"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"

namespace zccache::index_tool {
namespace {

observe::Mode mode_named(std::string_view name) {
  for (const observe::Mode mode : {observe::Mode::notify, observe::Mode::ptrace, observe::Mode::off}) {
    if (name == observe::name(mode)) return mode;
  }
  return observe::Mode::automatic;
}

/// As the shell looks for it.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* variable = ::getenv("PATH");
  std::string_view list = variable == nullptr ? "/bin:/usr/bin" : variable;
  while (!list.empty()) {
    const std::size_t end = list.find(':');
    const std::string path = std::string(list.substr(0, end)) + '/' + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return name;
}

observe::Observation run(const ObserveOptions& options) {
  std::vector<std::string> command = options.command;
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string path = find_program(command.front());
  observe::Run what{.path = path.c_str(), .argv = argv.data(), .envp = environ};
  what.mode = mode_named(options.mode);
  return observe::run(what).value();
}

std::string answer_of(const observe::Event& event) {
  if (event.error == 0) return "ok";
  const char* name = ::strerrorname_np(event.error);
  return name == nullptr ? std::to_string(event.error) : name;
}

/// What stands behind the path.
std::string details_of(const observe::Event& event) {
  if (!event.target.empty()) return " -> " + tools::printable(event.target);
  if (event.created) return "  (new)";
  return {};
}

std::string end_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? fmt::format("signal {}", WTERMSIG(wait_status)) : fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

void print(const observe::Observation& seen) {
  for (const observe::Event& event : seen.events)
    fmt::print("{:<17} {:<8} {}{}\n", observe::name(event.call), answer_of(event), tools::printable(event.path), details_of(event));
  for (const observe::Output& output : seen.outputs) fmt::print("{:<17} {:<8o} {}\n", "output", output.mode, tools::printable(output.path));
  fmt::print("\n{} questions, {} outputs; observed by {}; {}\n", seen.events.size(), seen.outputs.size(), observe::name(seen.how),
             end_of(seen.wait_status));
  if (seen.clock_zone_opened) fmt::print("depends on the clock: a time zone was asked for\n");
  if (seen.unstorable.empty()) fmt::print("could be stored\n");
  for (const std::string& reason : seen.unstorable) fmt::print("cannot be stored: {}\n", tools::printable(reason));
}

tools::Json json_of(const observe::Event& event) {
  tools::Json one{{"call", observe::name(event.call)},
                  {"process", event.process},
                  {"path", event.path},
                  {"spelled", event.spelled},
                  {"answer", answer_of(event)}};
  if (!event.target.empty()) one["target"] = event.target;
  if (event.call == observe::Call::open_read || event.call == observe::Call::open_write) one["flags"] = event.flags;
  if (event.call == observe::Call::access || event.call == observe::Call::open_write) one["mode"] = event.mode;
  if (event.call == observe::Call::open_write) one["created"] = event.created;
  if (event.status.links != 0) one["size"] = event.status.size;
  return one;
}

void print_json(const observe::Observation& seen) {
  tools::Json events = tools::Json::array();
  for (const observe::Event& event : seen.events) events.push_back(json_of(event));
  tools::Json outputs = tools::Json::array();
  for (const observe::Output& output : seen.outputs) outputs.push_back({{"path", output.path}, {"mode", output.mode}});
  tools::print_json({{"how", observe::name(seen.how)},
                     {"end", end_of(seen.wait_status)},
                     {"storable", seen.unstorable.empty()},
                     {"reasons", seen.unstorable},
                     {"clock", seen.clock_zone_opened},
                     {"variables", seen.variables_asked},
                     {"variables_complete", seen.variables_complete},
                     {"outputs", outputs},
                     {"questions", events},
                     {"stdout", seen.output},
                     {"stderr", seen.diagnostics}});
}

}  // namespace

int observe(const Context& context, const ObserveOptions& options) {
  const observe::Observation seen = run(options);
  if (context.json) {
    print_json(seen);
  } else {
    fmt::print(stderr, "{}{}", seen.output, seen.diagnostics);  // as it is, and apart from what we print
    print(seen);
  }
  return seen.unstorable.empty() ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
