#include "description.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "cache_key.hpp"
#include "key_hasher.hpp"

namespace zccache::cc {
namespace {

// Raise it when what is found under such a key changes its meaning.
constexpr std::string_view kFormat = "zccache-cc direct 3";

void add_variable(Description& description, const char* variable) {
  if (const char* value = std::getenv(variable)) description.add("variable", std::string(variable) + "=" + value);
}

char escaped(char c) { return c == '\n' ? 'n' : c == '\0' ? '0' : c == '\\' ? '\\' : '\0'; }
char unescaped(char c) { return c == 'n' ? '\n' : c == '0' ? '\0' : c; }

}  // namespace

WorkingDirectory::WorkingDirectory() {
  std::array<char, PATH_MAX> buffer{};
  if (::getcwd(buffer.data(), buffer.size()) != nullptr) physical = buffer.data();
  logical = physical;
  const char* shells = std::getenv("PWD");
  struct stat here {};
  struct stat there {};
  if (shells == nullptr || shells[0] != '/' || physical == shells || ::stat(".", &here) != 0 || ::stat(shells, &there) != 0) return;
  if (here.st_ino == there.st_ino && here.st_dev == there.st_dev) logical = shells;
}

void Description::add(std::string_view label, std::string_view value) {
  text_.append(label).append(" ");
  for (const char c : value) {
    const char letter = escaped(c);
    if (letter != '\0') text_ += '\\';
    text_ += letter != '\0' ? letter : c;
  }
  text_ += '\n';
}

std::string Description::hex_digest() const {
  KeyHasher hasher;
  hasher.add('D', text_);
  return hasher.hex_digest();
}

std::vector<DescribedPart> parts_of(std::string_view text) {
  std::vector<DescribedPart> parts;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    DescribedPart part{std::string(line.substr(0, space)), {}};
    for (std::size_t at = space + 1; at < line.size(); ++at) {
      part.value += line[at] == '\\' && at + 1 < line.size() ? unescaped(line[++at]) : line[at];
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

void describe_compiler(Description& description, const Compiler& compiler) {
  description.add("compiler", compiler.real_path);
  description.add("compiler-name", compiler.name);
  description.add("compiler-size", std::to_string(compiler.size));
  description.add("compiler-time", std::to_string(compiler.modified_ns));
}

void describe_environment(Description& description) {
  for (const char* variable : kMessageVariables) add_variable(description, variable);
  add_variable(description, "PATH");  // the compiler may find its assembler there
  for (const char* variable : kSearchVariables) add_variable(description, variable);
  add_variable(description, "LIBRARY_PATH");  // gcc looks for its specs there
}

void describe_directory(Description& description) {
  const WorkingDirectory directory;
  description.add("directory", directory.physical);
  if (directory.logical != directory.physical) description.add("directory-name", directory.logical);
}

Description describe(const Compiler& compiler, const ParsedCommand& command) {
  Description description;
  description.add("format", kFormat);
  description.add("source", command.source);
  describe_compiler(description, compiler);
  describe_environment(description);
  describe_directory(description);
  for (const char* argument : command.preprocessor_arguments) description.add("argument", argument);
  for (const OutputFile& output : command.outputs) description.add("output", output.name);
  if (command.object_path_matters) description.add("object", command.object);
  return description;
}

}  // namespace zccache::cc
