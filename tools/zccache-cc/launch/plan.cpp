#include "zccache-cc/launch/plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "zccache-cc/command/base_directory.hpp"
#include "zccache-cc/command/checkout.hpp"
#include "zccache-cc/command/response_files.hpp"
#include "zccache-cc/launch/outputs.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kColourAlways = "-fdiagnostics-color=always";

bool terminal_shows_colour() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

char* keep(Plan& plan, std::string text) { return plan.kept.emplace_back(std::move(text)).data(); }

/// Names what lies below a base directory from the working directory, and has the name of the checkout's root mapped.
void leave_out_bases(Plan& plan, const Settings& settings) {
  for (const std::string_view base : settings.base_directories) {
    if (!is_at_or_below(plan.here.physical, base)) continue;
    name_relatively(base, plan.here.physical, plan.argv, plan.kept);
    if (plan.base.empty()) plan.base = base;
  }
  if (!settings.maps_root) return;
  std::string root = checkout_root(plan.here.physical);
  if (root.empty() || !map_root(root, plan.here, plan.argv, plan.kept)) return;
  name_relatively(root, plan.here.physical, plan.argv, plan.kept);
  plan.base = std::move(root);
}

/// For the analysis only: the compiler still gets the command as it was given.
std::vector<char*> with_response_files_read(Plan& plan) {
  std::vector<char*> expanded;
  for (char* argument : plan.argv) {
    auto words = argument[0] == '@' ? words_of_response_file_at(argument + 1) : std::nullopt;
    // What cannot be read, or not in one way by all compilers, counts as it stands; that it is read is seen.
    if (!words) expanded.push_back(argument);
    for (std::string& word : words.value_or(std::vector<std::string>())) expanded.push_back(keep(plan, std::move(word)));
  }
  return expanded;
}

}  // namespace

Expected<Plan> make_plan(const Compiler& compiler, char* const* argv, const Settings& settings) {
  const bool is_compiler = compiler.family != Family::unknown;
  if (!is_compiler && !settings.is_named_program(compiler.name))
    return Uncacheable{Counter::unknown_compiler, compiler.real_path + " is neither gcc nor clang by its name"};
  Plan plan;
  for (; *argv != nullptr; ++argv) plan.argv.push_back(*argv);
  plan.family = compiler.family;
  plan.here = WorkingDirectory::current();
  if (plan.here.physical.empty()) return Uncacheable{Counter::unusual_input, "the working directory has no name"};
  if (is_compiler) leave_out_bases(plan, settings);
  std::vector<char*> words = is_compiler ? with_response_files_read(plan) : plan.argv;
  const auto arguments = std::span(words).subspan(1);
  auto command = is_compiler ? analyze_command(arguments) : analyze_program(arguments);
  if (!command) return std::move(command).error();
  plan.command = *std::move(command);
  leave_out_mapped_directory(plan.command, plan.here, plan.kept);
  const auto covers = [&](const std::string& root) { return is_at_or_below(plan.here.physical, root); };
  const auto mapped = std::ranges::find_if(plan.command.mapped_roots, covers);
  if (plan.base.empty() && mapped != plan.command.mapped_roots.end()) plan.base = *mapped;
  // The compiler's standard error will be a pipe: it would not see the terminal.
  if (!plan.command.colour_is_chosen && terminal_shows_colour()) {
    plan.argv.push_back(keep(plan, std::string(kColourAlways)));
    plan.command.arguments.push_back(kColourAlways);
  }
  auto outputs = named_outputs(plan.command, plan.here.physical);
  if (std::string why = look_at_outputs(outputs, compiler.family); !why.empty()) return Uncacheable{Counter::unusual_output, std::move(why)};
  plan.parts = first_key_parts(compiler, file_name(plan.argv.front()), plan.command, plan.here);
  plan.first_key = first_key(plan.parts);
  plan.argv.push_back(nullptr);
  return plan;
}

}  // namespace zccache::cc
