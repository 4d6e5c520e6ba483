#include "compile_commands.hpp"

#include <fmt/core.h>

#include <fstream>
#include <stdexcept>

#include "common/json.hpp"

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

tools::Json parsed(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("{} cannot be read; CMake writes it with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON", file.string()));
  tools::Json document = tools::Json::parse(in, nullptr, false);
  if (!document.is_array()) throw std::runtime_error(fmt::format("{} is no compile_commands.json: it is no list", file.string()));
  return document;
}

std::string text_of(const tools::Json& entry, const char* name) {
  const auto member = entry.find(name);
  return member != entry.end() && member->is_string() ? member->get<std::string>() : "";
}

PastedCommand command_of(const tools::Json& entry) {
  const auto arguments = entry.find("arguments");
  std::vector<std::string> words;
  if (arguments != entry.end() && arguments->is_array()) {
    for (const auto& argument : *arguments) words.push_back(argument.is_string() ? argument.get<std::string>() : "");
  } else {
    words = words_of_line(text_of(entry, "command"));
  }
  PastedCommand command = command_among(words);
  command.directory = fs::path(text_of(entry, "directory")) / command.directory;
  return command;
}

bool is_of(const tools::Json& entry, const std::string& source) {
  const fs::path file = (fs::path(text_of(entry, "directory")) / text_of(entry, "file")).lexically_normal();
  const fs::path wanted = fs::path(source).lexically_normal();
  return file == fs::absolute(wanted) || file.native().ends_with("/" + wanted.native());
}

}  // namespace

std::vector<PastedCommand> read_compile_commands(const fs::path& name, const std::string& source) {
  const fs::path file = fs::is_directory(name) ? name / "compile_commands.json" : name;
  std::vector<PastedCommand> commands;
  for (const tools::Json& entry : parsed(file)) {
    if (!entry.is_object() || (!source.empty() && !is_of(entry, source))) continue;
    commands.push_back(command_of(entry));
    if (commands.back().words.empty()) throw std::runtime_error(fmt::format("{}: an entry has no command", file.string()));
  }
  return commands;
}

}  // namespace zccache::index_tool
