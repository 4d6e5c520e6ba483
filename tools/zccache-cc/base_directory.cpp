#include "base_directory.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "option_table.hpp"

namespace zccache::cc {
namespace {

bool lead_to_one_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

class Renamer {
 public:
  explicit Renamer(std::string_view base) : base_(base), here_(std::filesystem::current_path()) {
    while (base_.size() > 1 && base_.ends_with('/')) base_.pop_back();
  }

  std::optional<std::string> relative(const std::string& path) const {
    if (!is_below_base(path) || !is_below_base(here_.native())) return std::nullopt;
    std::string name = std::filesystem::path(path).lexically_relative(here_).native();
    if (name.empty() || !lead_to_one_file(path, name)) return std::nullopt;
    return name;
  }

 private:
  bool is_below_base(const std::string& path) const {
    return path.starts_with(base_) && (path.size() == base_.size() || base_ == "/" || path[base_.size()] == '/');
  }

  std::string base_;
  std::filesystem::path here_;
};

bool names_input(Meaning meaning) { return meaning == Meaning::search_path || meaning == Meaning::forced_include; }

}  // namespace

void name_relatively(std::string_view base, std::vector<char*>& argv, std::vector<std::string>& kept) {
  const Renamer renamer(base);
  kept.reserve(argv.size());  // the pointers into it stay
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view argument = argv[i];
    const Option* option = argument.starts_with('-') ? find_option(argument) : nullptr;
    if (option == nullptr && argument.starts_with('-')) return;  // nothing behind it is understood either
    const bool separate = option != nullptr && (option->form == Form::separate || (option->form == Form::either && argument == option->name));
    const bool renames = option == nullptr || names_input(option->meaning);
    const std::size_t value = option == nullptr || separate ? 0 : option->name.size();
    if (separate && ++i == argv.size()) return;
    if (!renames) continue;
    const auto name = renamer.relative(argv[i] + value);
    if (!name) continue;
    kept.push_back(std::string(argv[i], value) + *name);
    argv[i] = kept.back().data();
  }
}

}  // namespace zccache::cc
