#include "search_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "description.hpp"
#include "directive_text.hpp"
#include "process.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kKeyPrefix = "search4-";

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
  std::optional<SearchPath> read(std::string_view text) {
    while (!text.empty()) take(take_line(text));
    if (!complete_ || decided_by_file_) return std::nullopt;
    add_assembler();
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
      path_.directories.emplace_back(line.substr(std::min<std::size_t>(line.find_first_not_of(' '), line.size())));
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
    } else if (line.starts_with("Reading specs from ") || line.starts_with("Configuration file: ")) {
      decided_by_file_ = true;
    } else if (line.starts_with(" /") && line.find("/cc1") != std::string_view::npos) {
      const std::string program(line.substr(1, line.find(' ', 1) - 1));
      if (is_file(program)) path_.programs.push_back(stamped(program));
    }
  }

  // clang has its own; who tells it to use another passes -fno-integrated-as, which finds that in PATH.
  void add_assembler() {
    auto assembler = find_in(compiler_path_, "as");
    const char* path = std::getenv("PATH");
    if (!assembler && path != nullptr) assembler = find_in(path, "as");
    if (assembler) path_.programs.push_back(stamped(*std::move(assembler)));
  }

  SearchPath path_;
  std::string_view compiler_path_;
  bool in_list_ = false;
  bool complete_ = false;
  bool decided_by_file_ = false;
};

// --- What it is asked

bool is_cpp(const Compiler& compiler, const ParsedCommand& command) {
  if (!command.language.empty()) return command.language == "c++";
  return !std::string_view(command.source).ends_with(".c") || compiler.name.find("++") != std::string::npos;
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
  if (!run || !run->succeeded()) return std::nullopt;
  return *std::move(run);
}

std::string key_of(const Compiler& compiler, const ParsedCommand& command) {
  Description description;
  describe_compiler(description, compiler);
  describe_environment(description);
  description.add("language", is_cpp(compiler, command) ? "c++" : "c");
  describe_directory(description);
  for (const char* argument : command.search_arguments) description.add("argument", argument);
  return std::string(kKeyPrefix) + description.hex_digest();
}

// --- How it is kept: one line for each, under what it is. What has a stamp is kept with the time of its last change.

std::string to_text(const SearchPath& path) {
  std::string text;
  for (const std::string& directory : path.directories) text.append("d ").append(directory).append("\n");
  for (const std::string& macro : path.macros.names) text.append("m ").append(macro).append("\n");
  for (const std::string& word : path.macros.words) text.append("v ").append(word).append("\n");
  for (const StampedPath& folder : path.watched)
    text.append("w ").append(std::to_string(folder.stamp.changed_ns)).append(" ").append(folder.path).append("\n");
  for (const StampedPath& file : path.programs)
    text.append("p ").append(std::to_string(file.stamp.changed_ns)).append(" ").append(file.path).append("\n");
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
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    StampedPath now = stamped(std::string(rest.substr(space + 1)));
    if (std::to_string(now.stamp.changed_ns) != rest.substr(0, space)) return std::nullopt;
    (line.starts_with("w ") ? path.watched : path.programs).push_back(std::move(now));
  }
  return path;
}

}  // namespace

std::optional<SearchPath> parse_search_path(std::string_view printed) { return Reader().read(printed); }

std::optional<SearchPath> search_path(ArtifactStore& store, const Compiler& compiler, const char* name, const ParsedCommand& command) {
  const std::string key = key_of(compiler, command);
  if (const ArtifactView entry = store.find(key)) {
    if (auto known = from_text(entry.stdout_bytes())) {
      store.touch(key);
      return known;
    }
  }
  const auto printed = ask(compiler, name, command);
  if (!printed) return std::nullopt;
  auto path = parse_search_path(printed->diagnostics);
  if (!path) return std::nullopt;
  path->macros = parse_macros(printed->output);
  if (!store.read_only()) (void)store.insert(key, Artifact::from_outputs({}, {}, to_text(*path)));  // else the next one asks again
  return path;
}

}  // namespace zccache::cc
