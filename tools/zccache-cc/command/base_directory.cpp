#include "zccache-cc/command/base_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// Options whose value names an input, joined or separate. A longer name stands before those that it begins with.
constexpr std::array<std::string_view, 7> kNamesInput = {"-isystem", "-iquote", "-idirafter", "-include-pch", "-include", "-imacros", "-I"};

bool lead_to_one_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

std::optional<std::string> relative_name(std::string_view base, const std::string& here, const std::string& path) {
  if (!is_at_or_below(path, base) || !is_at_or_below(here, base)) return std::nullopt;
  std::string name = std::filesystem::path(path).lexically_relative(here).native();
  if (name.empty() || !lead_to_one_file(path, name)) return std::nullopt;
  return name;
}

}  // namespace

void name_relatively(std::string_view base, const std::string& here, std::vector<char*>& argv, std::deque<std::string>& kept) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view argument = argv[i];
    const auto option = std::ranges::find_if(kNamesInput, [&](std::string_view name) { return argument.starts_with(name); });
    const bool names_input = option != kNamesInput.end() || !argument.starts_with('-');
    const bool separate = argument.starts_with('-') && has_separate_value(argument);
    if (separate && ++i == argv.size()) return;
    if (!names_input) continue;
    const std::size_t value = separate || option == kNamesInput.end() ? 0 : option->size();
    const auto name = relative_name(base, here, argv[i] + value);
    if (name) argv[i] = kept.emplace_back(std::string(argv[i], value) + *name).data();
  }
}

}  // namespace zccache::cc
