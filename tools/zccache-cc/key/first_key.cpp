#include "zccache-cc/key/first_key.hpp"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <algorithm>

#include "zccache-cc/key/processor.hpp"

namespace zccache::cc {
namespace {

/// Raise it when the same compile must get another key: when what is in a key, or what an entry holds, changes.
constexpr std::string_view kKeyFormat = "zccache-cc 6";

char escaped(char c) { return c == '\n' ? 'n' : c == '\0' ? '0' : c == '\\' ? '\\' : '\0'; }
char unescaped(char c) { return c == 'n' ? '\n' : c == '0' ? '\0' : c; }

/// gcc lists the limits of its memory in verbose assembler, and makes them of what the machine has.
std::string memory_limits() {
  struct sysinfo machine {};
  ::sysinfo(&machine);
  std::string text = std::to_string(machine.totalram);
  for (const auto resource : {RLIMIT_DATA, RLIMIT_AS, RLIMIT_RSS}) {
    struct rlimit limit {};
    ::getrlimit(resource, &limit);
    text += ' ' + std::to_string(limit.rlim_cur);
  }
  return text;
}

}  // namespace

std::vector<KeyPart> first_key_parts(const Compiler& compiler, std::string_view called, const Command& command, const WorkingDirectory& here) {
  std::vector<KeyPart> parts;
  const auto add = [&](const char* label, std::string_view value) { parts.push_back({label, std::string(value)}); };
  add("format", kKeyFormat);
  add("source", command.source);
  add("called", called);
  add("compiler", compiler.path);
  add("compiler-file", compiler.real_path);
  for (const std::string_view argument : command.arguments) add("argument", argument);
  if (command.asks_for_native) add("processor", whole_processor());
  if (compiler.family != Family::gcc) add("processor-level", processor_level());
  if (command.directory_counts) {
    add("directory", here.physical);
    if (here.logical != here.physical) add("directory-name", here.logical);
  }
  if (!command.directory_counts && command.directory_in_debug_info) add("directory-below-map", command.mapped_directory);
  if (command.object_name_counts) add("object", command.object);
  if (std::ranges::find(command.arguments, "-fverbose-asm") != command.arguments.end()) add("memory", memory_limits());
  return parts;
}

ContentDigest first_key(const std::vector<KeyPart>& parts) {
  Hasher hasher;
  for (const KeyPart& part : parts) hasher.add(part.label).add(part.value);
  return hasher.digest();
}

std::string text_of(const std::vector<KeyPart>& parts) {
  std::string text;
  for (const KeyPart& part : parts) {
    text.append(part.label).append(" ");
    for (const char c : part.value) {
      const char letter = escaped(c);
      if (letter != '\0') text += '\\';
      text += letter != '\0' ? letter : c;
    }
    text += '\n';
  }
  return text;
}

std::vector<KeyPart> parts_of(std::string_view text) {
  std::vector<KeyPart> parts;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    KeyPart part{std::string(line.substr(0, space)), {}};
    for (std::size_t at = space + 1; at < line.size(); ++at) {
      part.value += line[at] == '\\' && at + 1 < line.size() ? unescaped(line[++at]) : line[at];
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

ContentDigest place_digest(const WorkingDirectory& here, const Command& command, std::string_view terminal, const ManifestEntry& entry) {
  Hasher hasher;
  if (entry.directory_counts) hasher.add(here.physical).add(here.logical);
  if (entry.object_name_counts) hasher.add(command.object).add(command.dependency_file);
  if (entry.terminal_counts) hasher.add(terminal);
  return hasher.digest();
}

}  // namespace zccache::cc
