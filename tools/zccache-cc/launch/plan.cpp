#include "zccache-cc/launch/plan.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "zccache-cc/command/base_directory.hpp"
#include "zccache-cc/command/checkout.hpp"
#include "zccache-cc/command/named_files.hpp"
#include "zccache-cc/command/response_files.hpp"
#include "zccache-cc/launch/outputs.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// What a terminal lets programs do, as far as no other variable says it; empty where standard error is none. gcc asks standard input for the
/// width.
std::string terminal_of_diagnostics() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return {};
  std::string text = std::to_string(size.ws_col);
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) text += ' ' + std::to_string(size.ws_col);
  for (const char* variable : {"TERM", "COLUMNS", "TERM_PROGRAM"}) {
    const char* value = std::getenv(variable);
    text.append(1, ' ').append(value != nullptr ? value : "");
  }
  return text;
}

char* keep(Plan& plan, std::string text) { return plan.kept.emplace_back(std::move(text)).data(); }

/// Names what lies below a base directory from the working directory, and has the name of the checkout's root mapped. Whether it did anything.
bool leave_out_bases(Plan& plan, const Settings& settings) {
  for (const std::string_view base : settings.base_directories) {
    if (!is_at_or_below(plan.here.physical, base)) continue;
    name_relatively(base, plan.here.physical, plan.argv, plan.kept);
    if (plan.base.empty()) plan.base = base;
  }
  std::string root = settings.maps_root ? checkout_root(plan.here.physical) : std::string();
  if (!root.empty() && map_root(root, plan.here, plan.argv, plan.kept)) {
    name_relatively(root, plan.here.physical, plan.argv, plan.kept);
    plan.base = std::move(root);
  }
  return !plan.base.empty();
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

Expected<Command> analyze(Plan& plan) {
  plan.rewrites = plan.family == Family::archiver || plan.family == Family::unknown;
  std::vector<char*> words = plan.rewrites ? plan.argv : with_response_files_read(plan);
  const auto arguments = std::span(words).subspan(1);
  auto command = plan.rewrites ? analyze_program(arguments) : analyze_command(arguments);
  if (command && (plan.family == Family::archiver || plan.family == Family::linker)) command->links = true;
  return command;
}

/// What is left alone unless it is asked for.
std::optional<Uncacheable> refuse_kind(const Compiler& compiler, const Command& command, const Settings& settings) {
  const bool is_named = settings.is_named_program(compiler.name);
  if (compiler.family == Family::unknown && !is_named)
    return Uncacheable{Counter::unknown_compiler, compiler.real_path + " is neither gcc nor clang by its name"};
  if (!command.links || settings.links) return std::nullopt;
  if (is_compiler(compiler.family))
    return Uncacheable{Counter::not_a_compile, "it does more than compile: there is no -c, and ZCCACHE_LINK is off"};
  if (!is_named) return Uncacheable{Counter::not_a_compile, "it is no compiler, and ZCCACHE_LINK is off"};
  return std::nullopt;
}

/// Finds what the command names.
std::optional<Uncacheable> find_inputs(Plan& plan, const Settings& settings) {
  if (!plan.rewrites && !plan.command.links) {
    plan.inputs = {plan.command.source};
    return std::nullopt;
  }
  NamedFiles files = files_named_by(plan.command.arguments);
  plan.inputs = std::move(files.paths);
  if (plan.command.source.empty() && !plan.inputs.empty()) plan.command.source = plan.inputs.front();
  if (plan.command.links) plan.largest_link = settings.largest_link;
  return plan.refuse_size(files.bytes);
}

}  // namespace

std::optional<Uncacheable> Plan::refuse_size(std::uint64_t bytes) const {
  if (largest_link == 0 || bytes <= largest_link) return std::nullopt;
  return Uncacheable{Counter::large_link, "a link of " + std::to_string(bytes) + " bytes, more than ZCCACHE_LINK_MAX_SIZE"};
}

Expected<Plan> make_plan(const Compiler& compiler, char* const* argv, const Settings& settings) {
  Plan plan;
  for (; *argv != nullptr; ++argv) plan.argv.push_back(*argv);
  plan.family = compiler.family;
  plan.here = WorkingDirectory::current();
  if (plan.here.physical.empty()) return Uncacheable{Counter::unusual_input, "the working directory has no name"};
  auto command = analyze(plan);
  // A linker may keep the names of what it links.
  if (command && is_compiler(plan.family) && !command->links && leave_out_bases(plan, settings)) command = analyze(plan);
  if (!command) return std::move(command).error();
  plan.command = *std::move(command);
  if (auto why = refuse_kind(compiler, plan.command, settings)) return *std::move(why);
  if (auto why = find_inputs(plan, settings)) return *std::move(why);
  leave_out_mapped_directory(plan.command, plan.here, plan.kept);
  const auto covers = [&](const std::string& root) { return is_at_or_below(plan.here.physical, root); };
  const auto mapped = std::ranges::find_if(plan.command.mapped_roots, covers);
  if (plan.base.empty() && mapped != plan.command.mapped_roots.end()) plan.base = *mapped;
  plan.terminal = terminal_of_diagnostics();
  auto outputs = named_outputs(plan.command, plan.here.physical);
  if (std::string why = look_at_outputs(outputs, plan.command, compiler.family); !why.empty())
    return Uncacheable{Counter::unusual_output, std::move(why)};
  plan.parts = first_key_parts(compiler, file_name(plan.argv.front()), plan.command, plan.here);
  plan.first_key = first_key(plan.parts);
  plan.argv.push_back(nullptr);
  return plan;
}

}  // namespace zccache::cc
