#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "option_table.hpp"

namespace zccache::cc {
namespace {

constexpr std::array<std::string_view, 8> kSourceExtensions = {".c", ".cc", ".cp", ".cxx", ".cpp", ".CPP", ".c++", ".C"};
constexpr std::array<std::string_view, 2> kLanguages = {"c", "c++"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view extension_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot);
}

// Options one by one into the command; what concerns the command as a whole waits for finish().
class Parser {
 public:
  explicit Parser(std::span<const char* const> arguments) : rest_(arguments) {}

  Cacheable<ParsedCommand> parse() {
    while (!rest_.empty() && !why_not_) take_argument();
    if (!why_not_) finish();
    if (why_not_) return std::move(*why_not_);
    return std::move(command_);
  }

 private:
  void refuse(Counter counter, std::string why) {
    if (!why_not_) why_not_ = NotCacheable{counter, std::move(why)};
  }

  const char* next() {
    const char* argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }

  void take_argument() {
    const char* argument = next();
    const std::string_view text = argument;
    if (text.starts_with('@')) return refuse(Counter::response_file, "response files are not read");
    if (text == "-") return refuse(Counter::standard_input, "the source comes from standard input");
    if (!text.starts_with('-')) return take_source(argument);
    const Option* option = find_option(text);
    if (option == nullptr) return refuse(Counter::unknown_option, "option " + std::string(text) + " is not known");
    if (option->meaning == Meaning::refused)
      return refuse(Counter::refused_option, "option " + std::string(text) + ": " + std::string(option->why));
    take_option(*option, argument);
  }

  void take_source(const char* argument) {
    if (command_.source != nullptr) return refuse(Counter::several_sources, "there are several sources");
    command_.source = argument;
    command_.preprocessor_arguments.push_back(argument);
    if (command_.language.empty() && !contains(kSourceExtensions, extension_of(argument)))
      refuse(Counter::other_language, "the source is neither C nor C++ by its name");
  }

  void take_option(const Option& option, const char* argument) {
    const bool in_next = option.form == Form::separate || (option.form == Form::either && std::string_view(argument) == option.name);
    if (in_next && rest_.empty()) return refuse(Counter::bad_command_line, "option " + std::string(option.name) + " lacks its value");
    const char* const separate = in_next ? next() : nullptr;
    const std::string_view value = in_next ? separate : argument + option.name.size();

    apply(option, value);
    if (reaches_preprocessor(option.meaning)) {
      command_.preprocessor_arguments.push_back(argument);
      if (in_next) command_.preprocessor_arguments.push_back(separate);
    }
    if (decides_search(option)) {
      command_.search_arguments.push_back(argument);
      if (in_next) command_.search_arguments.push_back(separate);
    }
    if (counts(option.meaning)) {
      command_.key_arguments.emplace_back(argument);
      if (in_next) command_.key_arguments.emplace_back(separate);
    }
  }

  static bool reaches_preprocessor(Meaning meaning) {
    return meaning != Meaning::compile_only && meaning != Meaning::object && meaning != Meaning::dependency_file;
  }
  static bool counts(Meaning meaning) { return reaches_preprocessor(meaning) && meaning != Meaning::search_path; }

  static bool decides_search(const Option& option) {
    const bool speaks_of_includes =
        option.meaning == Meaning::plain || option.meaning == Meaning::search_path || option.meaning == Meaning::lto_or_offload;
    return speaks_of_includes && !option.name.starts_with("-W") && !option.name.starts_with("-M");
  }

  void apply(const Option& option, std::string_view value) {
    switch (option.meaning) {
      case Meaning::plain:
      case Meaning::refused:
        return;
      case Meaning::search_path:
        command_.search_folders.push_back(value);
        return;
      case Meaning::macro:
        command_.macros.push_back(value);
        return;
      case Meaning::forced_include:
        command_.forced_includes.push_back(value);
        return;
      case Meaning::compile_only:
        compiles_only_ = true;
        return;
      case Meaning::object:
        return take_path(command_.object, option, value);
      case Meaning::language:
        return take_language(value);
      case Meaning::make_dependencies:
        command_.makes_dependencies = true;
        return;
      case Meaning::dependency_file:
        return take_path(dependency_file_, option, value);
      case Meaning::dependency_target:
        names_dependency_target_ = true;
        return;
      case Meaning::split_dwarf:
        command_.makes_dwo = true;
        return object_and_directory_matter();
      case Meaning::coverage_notes:
        makes_gcno_ = true;
        return object_and_directory_matter();
      case Meaning::profile_arcs:
        return object_and_directory_matter();
      case Meaning::debug_info:
      case Meaning::lto_or_offload:
        command_.directory_matters = true;
        return;
      case Meaning::colour:
        command_.colour_is_chosen = value != "auto";
        return;
    }
  }

  void take_path(std::string& path, const Option& option, std::string_view value) {
    if (!path.empty()) return refuse(Counter::bad_command_line, "option " + std::string(option.name) + " is given twice");
    if (value.empty() || value == "-") return refuse(Counter::bad_command_line, "option " + std::string(option.name) + " names no file");
    path = value;
  }

  void take_language(std::string_view value) {
    if (command_.source != nullptr) return refuse(Counter::bad_command_line, "option -x stands after the source");
    if (!contains(kLanguages, value)) return refuse(Counter::other_language, "language " + std::string(value) + " is not cached");
    command_.language = value;
  }

  void object_and_directory_matter() {
    command_.object_path_matters = true;
    command_.directory_matters = true;
  }

  void finish() {
    if (command_.source == nullptr) return refuse(Counter::not_a_compile, "there is no source");
    if (!compiles_only_) return refuse(Counter::not_a_compile, "it does more than compile: there is no -c");
    if (!command_.makes_dependencies && (!dependency_file_.empty() || names_dependency_target_)) {
      return refuse(Counter::bad_command_line, "it names a dependency file or target but makes none");
    }
    if (command_.object.empty()) command_.object = beside_source(".o");
    collect_outputs();
    // The rule's default target is made of the object's path.
    if (command_.makes_dependencies && !names_dependency_target_) command_.object_path_matters = true;
  }

  std::string beside_source(std::string_view extension) const {
    const std::string_view source = command_.source;
    const std::string_view name = source.substr(source.rfind('/') + 1);
    return std::string(name.substr(0, name.rfind('.'))).append(extension);
  }

  void collect_outputs() {
    command_.outputs.push_back({"object", command_.object});
    if (command_.makes_dependencies) {
      command_.outputs.push_back({"dependencies", dependency_file_.empty() ? beside_object(".d") : dependency_file_});
    }
    if (command_.makes_dwo) command_.outputs.push_back({"dwo", beside_object(".dwo")});
    if (makes_gcno_) command_.outputs.push_back({"gcno", beside_object(".gcno")});
  }

  // Compilers agree on the names of the other outputs only where the object has its usual extension.
  std::string beside_object(std::string_view extension) {
    const std::string_view object = command_.object;
    if (!object.ends_with(".o")) refuse(Counter::unusual_output, "it has outputs beside an object that is not named .o");
    return std::string(object.substr(0, object.rfind('.'))).append(extension);
  }

  std::span<const char* const> rest_;
  ParsedCommand command_;
  std::optional<NotCacheable> why_not_;
  std::string dependency_file_;
  bool compiles_only_ = false;
  bool names_dependency_target_ = false;
  bool makes_gcno_ = false;
};

}  // namespace

Cacheable<ParsedCommand> parse_arguments(std::span<const char* const> arguments) { return Parser(arguments).parse(); }

}  // namespace zccache::cc
