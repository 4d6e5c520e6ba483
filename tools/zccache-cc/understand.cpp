#include "understand.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache_key.hpp"
#include "description.hpp"
#include "outputs.hpp"

namespace zccache::cc {
namespace {

bool is_file_of_another_kind(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// Lines are read of what compilers print, and they do not all write such a byte alike.
bool has_control_byte(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

bool names_oddly(const ParsedCommand& command) {
  const auto is_odd = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && has_control_byte(value);
  };
  return std::ranges::any_of(command.preprocessor_arguments, has_control_byte) || std::ranges::any_of(kMessageVariables, is_odd) ||
         std::ranges::any_of(kSearchVariables, is_odd) || is_odd("PATH");
}

// What the preprocessor must not be let loose on: it would consume a pipe, or read a precompiled header for the text.
std::string unusual_input(const ParsedCommand& command) {
  if (names_oddly(command)) return "a control character in an argument or a variable";
  if (is_file_of_another_kind(command.source)) return "the source is not a regular file";
  for (const std::string_view view : command.forced_includes) {
    const std::string include(view);
    if (is_file_of_another_kind(include)) return include + " is not a regular file";
    if (is_there(include + ".gch") || is_there(include + ".pch")) return include + " is precompiled";
  }
  return {};
}

}  // namespace

Cacheable<ParsedCommand> understand(std::span<char* const> argv, const Compiler& compiler, ResponseFiles& files) {
  if (compiler.family == Family::unknown) {
    return NotCacheable{Counter::unknown_compiler, compiler.real_path + " is neither gcc nor clang by its name"};
  }
  const auto expanded = files.expand(argv);
  if (!expanded) return expanded.error();
  auto command = parse_arguments(std::vector<const char*>(expanded->begin() + 1, expanded->end()));
  if (!command) return command;
  if (std::string why = unknown_environment(); !why.empty()) return NotCacheable{Counter::environment, std::move(why)};
  if (std::string why = unusual_input(*command); !why.empty()) return NotCacheable{Counter::unusual_input, std::move(why)};
  if (std::string why = look_at_outputs(*command, compiler.family); !why.empty()) return NotCacheable{Counter::unusual_output, std::move(why)};
  return command;
}

}  // namespace zccache::cc
