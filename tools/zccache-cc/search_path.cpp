#include "search_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "description.hpp"
#include "directive_text.hpp"
#include "process.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kKeyPrefix = "search5-";
constexpr std::array<std::string_view, 2> kIgnoreLists = {"-fsanitize-system-ignorelist=", "-fsanitize-system-blacklist="};

// --- What the compiler prints

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::optional<std::string_view> after(std::string_view line, std::string_view beginning) {
  if (!line.starts_with(beginning)) return std::nullopt;
  return line.substr(beginning.size());
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

StampedPath stamped(std::string path) {
  struct stat status {};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  return {std::move(path), is_there ? stamp_of(status) : FileStamp{}};
}

// The first of a list of folders that holds `program`.
std::optional<std::string> find_in(std::string_view folders, std::string_view program) {
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    std::string path(folders.substr(0, end));
    path.append("/").append(program);
    if (is_file(path)) return path;
    folders.remove_prefix(end == std::string_view::npos ? folders.size() : end + 1);
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(std::span<const char* const> tools) : tools_(tools) {}

  std::optional<SearchPath> read(std::string_view text) {
    while (!text.empty()) take(take_line(text));
    if (!path_.not_cacheable.empty()) return std::move(path_);
    if (!complete_ || odd_line_) return std::nullopt;
    for (const char* tool : tools_) add_tool(tool);
    return std::move(path_);
  }

 private:
  void take(std::string_view line) {
    if (line.starts_with("#include ")) {
      in_list_ = true;
    } else if (line == "End of search list.") {
      in_list_ = false;
      complete_ = true;
    } else if (in_list_) {
      // One blank is the compiler's, others are the folder's.
      if (!line.starts_with(' ')) odd_line_ = true;
      path_.directories.emplace_back(line.substr(std::min<std::size_t>(1, line.size())));
    } else {
      take_remark(line);
    }
  }

  void take_remark(std::string_view line) {
    for (const char* ignored : {"ignoring nonexistent directory \"", "ignoring duplicate directory \""}) {
      if (const auto rest = after(line, ignored)) return path_.directories.emplace_back(rest->substr(0, rest->rfind('"'))), void();
    }
    // clang takes the newest gcc that is installed.
    if (const auto gcc = after(line, "Found candidate GCC installation: ")) {
      path_.watched.push_back(stamped(std::string(gcc->substr(0, gcc->rfind('/')))));
    } else if (const auto folders = after(line, "COMPILER_PATH=")) {
      compiler_path_ = *folders;
      steered_from(*folders);
    } else if (const auto more = after(line, "LIBRARY_PATH=")) {
      steered_from(*more);
    } else if (const auto specs = after(line, "Reading specs from ")) {
      steered_by(std::string(*specs));
    } else if (const auto configuration = after(line, "Configuration file: ")) {
      steered_by(std::string(*configuration));
    } else if (const auto system = after(line, "System configuration file directory: ")) {
      watch(std::string(*system));
    } else if (const auto user = after(line, "User configuration file directory: ")) {
      watch(std::string(*user));
    } else if (line.starts_with(" \"/") && line.find("\" -cc1 ") != std::string_view::npos) {
      take_clang(line);
    } else if (line.starts_with(" /") && line.find("/cc1") != std::string_view::npos) {
      const std::string program(line.substr(1, line.find(' ', 1) - 1));
      if (is_file(program)) path_.programs.push_back(stamped(program));
    }
  }

  void steered_by(std::string file) {
    path_.not_cacheable = file + " decides what the compiler does";
    path_.steering.push_back(stamped(std::move(file)));
  }

  // gcc reads the first file of this name that it finds, as clang does with <its own name>.cfg.
  void steered_from(std::string_view folders) {
    while (!folders.empty()) {
      const std::string_view folder = folders.substr(0, folders.find(':'));
      folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
      const std::string file = std::string(folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder) + "/specs";
      const bool is_known = std::ranges::any_of(path_.steering, [&](const StampedPath& known) { return known.path == file; });
      if (!is_known) path_.steering.push_back(stamped(file));
    }
  }

  // The folder, or where it would have to appear.
  void watch(std::string folder) {
    StampedPath place = stamped(std::move(folder));
    while (place.stamp == FileStamp{} && place.path.rfind('/') + 1 > 1) place = stamped(place.path.substr(0, place.path.rfind('/')));
    path_.watched.push_back(std::move(place));
  }

  // What the driver starts itself with.
  void take_clang(std::string_view line) {
    const std::string program(plain(line.substr(2, line.find('"', 2) - 2)));
    watch(program.substr(0, program.rfind('/')));  // for configuration files
    // Which one that is depends on what is in PATH by the target's name.
    if (line.find(" -no-integrated-as ") != std::string_view::npos) path_.not_cacheable = "clang looks for an assembler";
    if (line.find("-fsanitize=") == std::string_view::npos) return;
    // What is not to be sanitized is said by files of the compiler's own.
    if (const auto resources = value_of(line, "-resource-dir ")) watch(std::string(*resources) + "/share");
    for (const std::string_view option : kIgnoreLists) {
      for (std::size_t at = line.find(option); at != std::string_view::npos; at = line.find(option, at + 1)) {
        path_.programs.push_back(stamped(std::string(*value_of(line, option, at))));
      }
    }
  }

  // An argument that has blanks is in quotes.
  std::optional<std::string_view> value_of(std::string_view line, std::string_view option, std::size_t from = 0) {
    const std::size_t at = line.find(option, from);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view value = line.substr(at + option.size());
    const bool in_quotes = value.starts_with('"');
    if (in_quotes) value.remove_prefix(1);
    const bool is_in_quotes_with_option = line[line.rfind(' ', at) + 1] == '"';
    return plain(value.substr(0, value.find(in_quotes || is_in_quotes_with_option ? '"' : ' ')));
  }

  std::string_view plain(std::string_view path) {
    if (path.find('\\') != std::string_view::npos) path_.not_cacheable = "a path of clang's own is not understood";
    return path;
  }

  // gcc's: clang has an assembler in itself.
  void add_tool(const char* name) {
    if (!compiler_path_) return;
    auto tool = find_in(*compiler_path_, name);
    const char* path = std::getenv("PATH");
    if (!tool && path != nullptr) tool = find_in(path, name);
    if (tool) path_.programs.push_back(stamped(*std::move(tool)));
  }

  const std::span<const char* const> tools_;
  SearchPath path_;
  std::optional<std::string_view> compiler_path_;
  bool in_list_ = false;
  bool complete_ = false;
  bool odd_line_ = false;
};

// --- What it is asked

bool is_cpp(const Compiler& compiler, const ParsedCommand& command) {
  if (!command.language.empty()) return command.language == "c++";
  // What clang is called by decides; gcc and g++ are two programs, whatever leads to them.
  const std::string_view called_by = compiler.family == Family::gcc ? std::string_view(compiler.real_path) : compiler.name;
  return !std::string_view(command.source).ends_with(".c") || called_by.substr(called_by.rfind('/') + 1).find("++") != std::string_view::npos;
}

std::optional<Finished> ask(const Compiler& compiler, const char* name, const ParsedCommand& command) {
  std::vector<char*> argv;
  const auto add = [&argv](const char* argument) { argv.push_back(const_cast<char*>(argument)); };  // exec's interface is older than const
  add(name);
  for (const char* argument : command.search_arguments) add(argument);
  for (const char* argument : {"-E", "-v", "-dM", "-x", is_cpp(compiler, command) ? "c++" : "c", "/dev/null"}) add(argument);
  add(nullptr);
  std::vector<char*> environment;
  std::string english = "LC_ALL=C";
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("LC_ALL=") && !std::string_view(*variable).starts_with("LANGUAGE="))
      environment.push_back(*variable);
  }
  environment.push_back(english.data());
  environment.push_back(nullptr);
  auto run = run_captured(compiler.path.c_str(), argv.data(), StandardInput::empty, environment.data());
  if (!run) return std::nullopt;
  return *std::move(run);
}

std::vector<const char*> tools_of(const ParsedCommand& command) {
  std::vector<const char*> tools{"as"};
  if (command.makes_dwo) tools.push_back("objcopy");
  return tools;
}

std::string key_of(const Compiler& compiler, const ParsedCommand& command) {
  Description description;
  describe_compiler(description, compiler);
  describe_environment(description);
  description.add("language", is_cpp(compiler, command) ? "c++" : "c");
  describe_directory(description);
  for (const char* argument : command.search_arguments) description.add("argument", argument);
  for (const char* tool : tools_of(command)) description.add("tool", tool);
  return std::string(kKeyPrefix) + description.hex_digest();
}

// --- How it is kept: one line for each, under what it is. What has a stamp is kept with the time of its last change.

void add_stamped(std::string& text, const char* what, const std::vector<StampedPath>& paths) {
  for (const StampedPath& path : paths)
    text.append(what).append(std::to_string(path.stamp.changed_ns)).append(" ").append(path.path).append("\n");
}

std::string to_text(const SearchPath& path) {
  std::string text;
  for (const std::string& directory : path.directories) text.append("d ").append(directory).append("\n");
  for (const std::string& macro : path.macros.names) text.append("m ").append(macro).append("\n");
  for (const std::string& word : path.macros.words) text.append("v ").append(word).append("\n");
  if (!path.not_cacheable.empty()) text.append("n ").append(path.not_cacheable).append("\n");
  add_stamped(text, "w ", path.watched);
  add_stamped(text, "p ", path.programs);
  add_stamped(text, "s ", path.steering);
  return text;
}

// Absent where something has changed since.
std::optional<SearchPath> from_text(std::string_view text) {
  SearchPath path;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::string_view rest = line.substr(std::min<std::size_t>(2, line.size()));
    if (line.starts_with("d ")) {
      path.directories.emplace_back(rest);
      continue;
    }
    if (line.starts_with("m ") || line.starts_with("v ")) {
      (line.starts_with("m ") ? path.macros.names : path.macros.words).emplace_back(rest);
      continue;
    }
    if (line.starts_with("n ")) {
      path.not_cacheable = rest;
      continue;
    }
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    StampedPath now = stamped(std::string(rest.substr(space + 1)));
    if (std::to_string(now.stamp.changed_ns) != rest.substr(0, space)) return std::nullopt;
    (line.starts_with("w ") ? path.watched : line.starts_with("p ") ? path.programs : path.steering).push_back(std::move(now));
  }
  return path;
}

// gcc says nothing of a file that stands where a folder should, and a folder may be there when it is not asked again.
SearchPath with_named_folders(SearchPath path, const ParsedCommand& command) {
  const auto add = [&path](std::string_view folder) {
    if (!folder.empty() && std::ranges::find(path.directories, folder) == path.directories.end()) path.directories.emplace_back(folder);
  };
  std::ranges::for_each(command.search_folders, add);
  for (const char* variable : kSearchVariables) {
    const char* value = std::getenv(variable);
    for (std::string_view rest = value != nullptr ? value : ""; !rest.empty();) {
      add(rest.substr(0, rest.find(':')));
      rest.remove_prefix(std::min(rest.find(':'), rest.size() - 1) + 1);
    }
  }
  return path;
}

}  // namespace

bool has_changed(const StampedPath& path) { return stamped(path.path).stamp != path.stamp; }

std::optional<SearchPath> parse_search_path(std::string_view printed, std::span<const char* const> tools) {
  return Reader(tools).read(printed);
}

std::optional<SearchPath> search_path(ArtifactStore& store, const Compiler& compiler, const char* name, const ParsedCommand& command) {
  const std::string key = key_of(compiler, command);
  if (const ArtifactView entry = store.find(key)) {
    if (auto known = from_text(entry.stdout_bytes())) {
      store.touch(key);
      return with_named_folders(*std::move(known), command);
    }
  }
  const auto printed = ask(compiler, name, command);
  if (!printed) return std::nullopt;
  auto path = parse_search_path(printed->diagnostics, tools_of(command));
  if (!path || (!printed->succeeded() && path->not_cacheable.empty())) return std::nullopt;
  path->macros = parse_macros(printed->output);
  if (!store.read_only()) (void)store.insert(key, Artifact::from_outputs({}, {}, to_text(*path)));  // else the next one asks again
  return with_named_folders(*std::move(path), command);
}

}  // namespace zccache::cc
