#include "zccache-cc/facts/variables.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "zccache-cc/facts/mapped_file.hpp"

namespace zccache::cc {
namespace {

/// Of variables that no compiler looks at by so short a name, and that shells change all the time ("_").
constexpr std::size_t kShortestName = 3;

// Counted elsewhere (PWD, in the place), set by the launcher itself, or what shells count.
constexpr std::array<std::string_view, 3> kNeverCount = {"PWD", "OLDPWD", "SHLVL"};

constexpr std::array<std::string_view, 30> kHarmless = {"COLUMNS",      "DISPLAY",      "EDITOR",    "HOME",          "HOSTNAME",
                                                        "LESSCLOSE",    "LESSOPEN",     "LINES",     "LOGNAME",       "LS_COLORS",
                                                        "MAIL",         "MAKEFLAGS",    "MAKELEVEL", "MAKEOVERRIDES", "MANPATH",
                                                        "MFLAGS",       "NINJA_STATUS", "PAGER",     "SHELL",         "SOURCE_DATE_EPOCH",
                                                        "SUDO_GID",     "SUDO_UID",     "SUDO_USER", "SUDO_COMMAND",  "TERM",
                                                        "TERM_PROGRAM", "USER",         "VISUAL",    "WINDOWID",      "XAUTHORITY"};
constexpr std::array<std::string_view, 5> kHarmlessPrefixes = {"DBUS_", "GPG_", "SSH_", "VSCODE_", "XDG_"};

/// The loader of programs reads these, and the kernel opens the loader where nobody sees it.
constexpr std::string_view kOfTheLoader = "LD_";

struct Known {
  bool everything_counts = false;
  std::vector<std::string> images;
  std::set<std::string, std::less<>> counted;
  std::set<std::string, std::less<>> harmless;
};

// A line for each: a letter and what it is about.
std::string text_of(const Known& known) {
  std::string text = known.everything_counts ? "*\n" : "";
  for (const std::string& image : known.images) text += 'i' + image + '\n';
  for (const std::string& name : known.counted) text += '+' + name + '\n';
  for (const std::string& name : known.harmless) text += '-' + name + '\n';
  return text;
}

std::optional<Known> known_of(Knowledge& knowledge, std::uint64_t programs) {
  auto text = knowledge.text(images_key(programs));
  if (!text) return std::nullopt;
  Known known;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    const std::string_view about = line.substr(1);
    switch (line[0]) {
      case '*':
        known.everything_counts = true;
        break;
      case 'i':
        known.images.emplace_back(about);
        break;
      case '+':
        known.counted.emplace(about);
        break;
      default:
        known.harmless.emplace(about);
    }
  }
  return known;
}

// Whether every image could be read.
bool look_for(const std::vector<std::string>& names, Known& known) {
  std::vector<bool> found(names.size());
  for (const std::string& image : known.images) {
    const MappedFile file(image.c_str());
    if (file.bytes().empty()) return false;
    const std::vector<bool> here = names_contained(file.bytes(), names);
    for (std::size_t i = 0; i < names.size(); ++i) found[i] = found[i] || here[i];
  }
  for (std::size_t i = 0; i < names.size(); ++i) (found[i] ? known.counted : known.harmless).insert(names[i]);
  return true;
}

bool may_count(std::string_view name, const Known& known) {
  if (std::ranges::find(kNeverCount, name) != kNeverCount.end() || name.starts_with("ZCCACHE_")) return false;
  if (known.everything_counts || known.counted.contains(name)) return true;
  return name.size() >= kShortestName && !is_harmless_variable(name);
}

}  // namespace

std::string images_key(std::uint64_t programs) {
  ContentDigest digest;
  std::memcpy(digest.bytes.data(), &programs, sizeof programs);
  return "images:" + hex_of(digest).substr(0, 2 * sizeof programs);
}

bool is_harmless_variable(std::string_view name) noexcept {
  return std::ranges::find(kHarmless, name) != kHarmless.end() ||
         std::ranges::any_of(kHarmlessPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::uint64_t note_programs(Knowledge& knowledge, const Programs& programs) {
  Hasher hasher;
  hasher.add(std::uint64_t{programs.everything_counts});
  for (const Programs::Image& image : programs.images) hasher.add(image.path).add(image.content);
  hasher.add(std::uint64_t{programs.images.size()});
  for (const std::string& name : programs.asked) hasher.add(name);
  const std::uint64_t name = hasher.digest().prefix();
  if (known_of(knowledge, name)) return name;
  Known known;
  known.everything_counts = programs.everything_counts;
  for (const Programs::Image& image : programs.images) known.images.push_back(image.path);
  known.counted.insert(programs.asked.begin(), programs.asked.end());
  knowledge.note_text(images_key(name), text_of(known));
  return name;
}

std::optional<std::vector<std::string>> variables_that_count(Knowledge& knowledge, std::uint64_t programs) {
  auto known = known_of(knowledge, programs);
  if (!known) return std::nullopt;
  std::vector<std::string> candidates;
  std::vector<std::string> unknown;
  for (char* const* variable = environ; *variable != nullptr; ++variable) {
    const std::string_view whole = *variable;
    const std::string name(whole.substr(0, whole.find('=')));
    if (!may_count(name, *known)) continue;
    const bool certain = known->everything_counts || name.starts_with(kOfTheLoader);
    if (!certain && !known->counted.contains(name) && !known->harmless.contains(name)) unknown.push_back(name);
    candidates.emplace_back(whole);
  }
  if (!unknown.empty()) {
    if (!look_for(unknown, *known)) return std::nullopt;
    knowledge.note_text(images_key(programs), text_of(*known));
  }
  std::erase_if(candidates, [&](const std::string& variable) { return known->harmless.contains(variable.substr(0, variable.find('='))); });
  std::ranges::sort(candidates);
  return candidates;
}

std::optional<ContentDigest> digest_of_variables(Knowledge& knowledge, std::uint64_t programs) {
  const auto variables = variables_that_count(knowledge, programs);
  if (!variables) return std::nullopt;
  Hasher hasher;
  for (const std::string& variable : *variables) hasher.add(variable);
  return hasher.digest();
}

std::vector<bool> names_contained(std::string_view image, const std::vector<std::string>& names) {
  // By their first two bytes: of most places in a program none begins there.
  constexpr std::size_t kPairs = 256 * 256;
  std::vector<std::vector<std::size_t>> beginning(kPairs);
  std::vector<bool> begins(kPairs);
  const auto pair_at = [](std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]) * 256U + static_cast<unsigned char>(text[at + 1]);
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].size() < 2) continue;
    beginning[pair_at(names[i], 0)].push_back(i);
    begins[pair_at(names[i], 0)] = true;
  }
  std::vector<bool> found(names.size());
  for (std::size_t at = 0; at + 1 < image.size(); ++at) {
    const std::size_t pair = pair_at(image, at);
    if (!begins[pair]) continue;
    for (const std::size_t i : beginning[pair]) {
      if (!found[i] && image.compare(at, names[i].size(), names[i]) == 0) found[i] = true;
    }
  }
  return found;
}

}  // namespace zccache::cc
