#include "zccache-cc/command/command.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace zccache::cc {
namespace {

constexpr std::array<std::string_view, 44> kSeparateValue = {"-o",           "-MF",
                                                             "-MT",          "-MQ",
                                                             "-MJ",          "-x",
                                                             "-I",           "-D",
                                                             "-U",           "-A",
                                                             "-B",           "-L",
                                                             "-T",           "-u",
                                                             "-z",           "-G",
                                                             "-iquote",      "-isystem",
                                                             "-idirafter",   "-iprefix",
                                                             "-iwithprefix", "-iwithprefixbefore",
                                                             "-isysroot",    "-imultilib",
                                                             "-imultiarch",  "-include",
                                                             "-imacros",     "-include-pch",
                                                             "-iframework",  "-F",
                                                             "-Xclang",      "-Xpreprocessor",
                                                             "-Xassembler",  "-Xlinker",
                                                             "-mllvm",       "-target",
                                                             "-arch",        "-aux-info",
                                                             "--param",      "--sysroot",
                                                             "-wrapper",     "-dumpdir",
                                                             "-dumpbase",    "-dumpbase-ext"};

/// It then ends before the linker.
constexpr std::array<std::string_view, 13> kEndsBeforeLink = {
    "-c",        "-S",         "-E",           "-M",           "-MM",          "-fsyntax-only", "-emit-ast",
    "--compile", "--assemble", "--preprocess", "--precompile", "-extract-api", "--analyze"};

/// It is asked about itself, or shows commands with names of temporary files.
constexpr std::array<std::string_view, 8> kQueries = {"-###",          "-v",           "--verbose",   "--version", "--help",
                                                      "--target-help", "-dumpversion", "-dumpmachine"};

/// What a link makes whose command does not say.
constexpr const char* kProgram = "a.out";
/// It puts a number of its own into each program.
constexpr std::string_view kRandomBuildId = "build-id=uuid";
constexpr std::string_view kCompressesSections = "compress-debug-sections";

/// What puts the working directory where it cannot be found again: compressed, hashed, or for another program to go on with.
constexpr std::array<std::string_view, 11> kHidesDirectory = {"-fprofile",  "--coverage", "-coverage",       "-ftest-coverage",
                                                              "-fcoverage", "-flto",      "-fopenmp",        "-fopenacc",
                                                              "-gmodules",  "-frecord-",  "-grecord-command"};
/// The same for the name of the object, or of files that are named after it.
constexpr std::array<std::string_view, 9> kHidesObjectName = {"-gsplit-dwarf", "-fprofile",   "--coverage",   "-coverage", "-ftest-coverage",
                                                              "-fcoverage",    "-save-temps", "--save-temps", "-dump"};

constexpr std::string_view kNative = "native";
constexpr std::string_view kLeavesTimesOut = "-fno-pch-timestamp";

/// Such a source ends in a precompiled header, whatever else the command says.
constexpr std::array<std::string_view, 7> kHeaderEndings = {".h", ".hh", ".hpp", ".hxx", ".h++", ".H", ".hp"};
constexpr std::string_view kHeaderLanguage = "-header";

constexpr const char* kAsksForRandom = "it asks for a random build ID";
bool is_random(std::string_view argument) { return argument.find(kRandomBuildId) != std::string_view::npos; }

bool is_header(std::string_view path) {
  return std::ranges::any_of(kHeaderEndings, [&](std::string_view ending) { return path.ends_with(ending); });
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}
template <class Names>
bool begins_with_one_of(const Names& names, std::string_view text) {
  return std::ranges::any_of(names, [&](std::string_view name) { return text.starts_with(name); });
}

class Analysis {
 public:
  explicit Analysis(std::span<char* const> arguments) : rest_(arguments) {}

  Expected<Command> run() {
    while (!rest_.empty() && !why_not_) take_argument();
    if (!why_not_ && command_.source.empty()) refuse(Counter::not_a_compile, "there is no source");
    command_.links = !ends_before_link_;
    if (command_.links && std::ranges::any_of(command_.arguments, is_random)) refuse(Counter::not_a_compile, kAsksForRandom);
    if (why_not_) return std::move(*why_not_);
    if (command_.links && command_.object.empty()) command_.object = kProgram;
    // What a map leaves could not be searched for.
    command_.directory_counts |= is_compressed_ && command_.directory_in_debug_info;
    return std::move(command_);
  }

 private:
  void refuse(Counter counter, std::string why) {
    if (!why_not_) why_not_ = Uncacheable{counter, std::move(why)};
  }

  std::string_view next() {
    const std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }

  void take_argument() {
    const std::string_view argument = next();
    if (argument == "-") return refuse(Counter::standard_input, "the source comes from standard input");
    if (contains(kQueries, argument) || argument.starts_with("-print-") || argument.starts_with("--print-"))
      return refuse(Counter::query, "it asks the compiler about itself");
    if (argument.starts_with("-o") && !argument.starts_with("-objc")) return take_output(command_.object, "-o", argument);
    if (argument.starts_with("-MF")) return take_output(command_.dependency_file, "-MF", argument);

    command_.arguments.push_back(argument);
    note(argument);
    if (!argument.starts_with('-')) {
      if (command_.source.empty()) command_.source = argument;
      ends_before_link_ |= is_header(argument);
    } else if (has_separate_value(argument) && !rest_.empty()) {
      const std::string_view value = next();
      command_.arguments.push_back(value);
      note(value);
      ends_before_link_ |= argument == "-x" && value.ends_with(kHeaderLanguage);
    }
  }

  void take_output(std::string& name, std::string_view option, std::string_view argument) {
    if (argument == option && rest_.empty()) return refuse(Counter::bad_command_line, std::string(option) + " lacks its value");
    const std::string_view value = argument == option ? next() : argument.substr(option.size());
    // Which of two names counts is the compiler's business; "-" is standard output.
    if (!name.empty() || value.empty() || value == "-")
      return refuse(Counter::bad_command_line, std::string(option) + " names no file, or more than one");
    name = value;
    command_.arguments.push_back(option);  // that it is there counts
  }

  void note(std::string_view argument) {
    ends_before_link_ |= contains(kEndsBeforeLink, argument);
    command_.directory_counts |= begins_with_one_of(kHidesDirectory, argument);
    note_debug_information(argument);
    command_.object_name_counts |= begins_with_one_of(kHidesObjectName, argument);
    ends_before_link_ |= argument.starts_with("-x") && argument.ends_with(kHeaderLanguage);
    command_.asks_for_native |= argument.find(kNative) != std::string_view::npos;
    command_.leaves_times_out |= argument == kLeavesTimesOut;
  }

  // The last one says whether there is any, or whether it is compressed.
  void note_debug_information(std::string_view argument) {
    if (argument.starts_with("-gz") || argument.find(kCompressesSections) != std::string_view::npos) {
      is_compressed_ = !argument.ends_with("=none");
    } else if (argument.starts_with("-g")) {
      command_.directory_in_debug_info = argument != "-g0";
    }
  }

  std::span<char* const> rest_;
  Command command_;
  std::optional<Uncacheable> why_not_;
  bool ends_before_link_ = false;
  bool is_compressed_ = false;
};

}  // namespace

bool has_separate_value(std::string_view option) noexcept { return contains(kSeparateValue, option); }

Expected<Command> analyze_program(std::span<char* const> arguments) {
  if (std::ranges::any_of(arguments, is_random)) return Uncacheable{Counter::not_a_compile, kAsksForRandom};
  Command command;
  command.arguments.assign(arguments.begin(), arguments.end());
  const auto asks_for_native = [](std::string_view argument) { return argument.find(kNative) != std::string_view::npos; };
  command.asks_for_native = std::ranges::any_of(command.arguments, asks_for_native);
  command.directory_counts = true;
  return command;
}

Expected<Command> analyze_command(std::span<char* const> arguments) { return Analysis(arguments).run(); }

}  // namespace zccache::cc
