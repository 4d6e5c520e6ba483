#include "zccache-cc/command/comments_count.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace zccache::cc {
namespace {

/// They end in something else than an object, or let comments through the preprocessor.
constexpr std::array<std::string_view, 7> kOptions = {"-E", "-S", "-M", "-MM", "-C", "-CC", "-P"};

/// How options begin that choose a language in which // begins no comment, warn about comments and blanks, keep or count the lines of the text,
/// give it to somebody else, or may have any other option in them.
constexpr std::array<std::string_view, 40> kBeginnings = {"@",
                                                          "-mllvm",
                                                          "-fxray",
                                                          "-ivfs",
                                                          "-fbasic-block",
                                                          "-target",
                                                          "-x",
                                                          "-ansi",
                                                          "-traditional",
                                                          "-std=c89",
                                                          "-std=c90",
                                                          "-std=gnu89",
                                                          "-std=gnu90",
                                                          "-std=iso9899:199",
                                                          "-fpreproc",
                                                          "-fdirective",
                                                          "-finput-",
                                                          "-Wtraditional",
                                                          "-Wc90",
                                                          "-Wdoc",
                                                          "-Weverything",
                                                          "-Wimplicit-fallthrough=1",
                                                          "-Wtrail",
                                                          "-Wleading",
                                                          "-fparse-all",
                                                          "-fplugin",
                                                          "-fpass",
                                                          "-fprofile",
                                                          "-ftest-coverage",
                                                          "-fcoverage",
                                                          "-coverage",
                                                          "-fsanitize",
                                                          "-fmodule",
                                                          "-fsyntax-only",
                                                          "-save-temps",
                                                          "-gembed",
                                                          "-d",
                                                          "-X",
                                                          "-specs",
                                                          "-wrapper"};
constexpr std::array<std::string_view, 3> kPlainLongOptions = {"--sysroot", "--param", "--gcc-toolchain"};

constexpr std::array<std::string_view, 7> kSources = {".c", ".cc", ".cp", ".cpp", ".cxx", ".c++", ".C"};

/// Of options for the preprocessor, in -Wp, those that do none of that.
constexpr std::array<std::string_view, 8> kPlainForPreprocessor = {"-D", "-U", "-MD", "-MMD", "-MP", "-MF", "-MT", "-MQ"};

template <class Names>
bool begins_with_one_of(const Names& names, std::string_view text) {
  return std::ranges::any_of(names, [&](std::string_view name) { return text.starts_with(name); });
}

/// `options` are separated by commas; values stand among them.
bool are_plain_for_preprocessor(std::string_view options) {
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option.starts_with('@') || (option.starts_with('-') && !begins_with_one_of(kPlainForPreprocessor, option))) return false;
    options.remove_prefix(std::min(option.size() + 1, options.size()));
  }
  return true;
}

/// Macros stand in debug information as they were written, and that of clang has a digest of each source.
bool debug_information_has_text(std::string_view argument, Family family) {
  if (!argument.starts_with("-g") || argument == "-g0") return false;
  return family != Family::gcc || argument.ends_with('3');
}

bool looks_at_text(std::string argument, Family family) {
  constexpr std::string_view kError = "-Werror=";  // it turns the warning on
  if (argument.starts_with(kError)) argument.replace(0, kError.size(), "-W");
  constexpr std::string_view kForPreprocessor = "-Wp,";
  if (argument.starts_with(kForPreprocessor)) return !are_plain_for_preprocessor(std::string_view(argument).substr(kForPreprocessor.size()));
  if (argument.starts_with("-Wa,") && argument.find(",-a") != std::string::npos) return true;  // a listing
  if (argument.starts_with("--")) return !begins_with_one_of(kPlainLongOptions, argument);
  return std::ranges::find(kOptions, argument) != kOptions.end() || begins_with_one_of(kBeginnings, argument) ||
         debug_information_has_text(argument, family);
}

}  // namespace

bool comments_may_count(const Command& command, Family family) {
  const auto& arguments = command.arguments;
  const auto ends_source = [&](std::string_view ending) { return command.source.ends_with(ending); };
  if (std::ranges::none_of(kSources, ends_source) || std::ranges::find(arguments, "-c") == arguments.end()) return true;
  bool is_value = false;
  for (const std::string_view argument : arguments) {
    const bool is_another_source = !is_value && !argument.starts_with('-') && argument != command.source;
    if (is_another_source || looks_at_text(std::string(argument), family)) return true;
    is_value = has_separate_value(argument);
  }
  return false;
}

}  // namespace zccache::cc
