#include "config/configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/paths.hpp"

namespace zccache::config {
namespace {

constexpr std::string_view kPrefix = "ZCCACHE_";
constexpr const char* kUserFile = "ZCCACHE_CONFIG";

// Variables that are no settings: where the file is, and what programs of ours tell each other.
bool is_ours_otherwise(std::string_view name) {
  return name == kUserFile || name == "ZCCACHE_RUNNING_COMPILER" || name == "ZCCACHE_OBSERVE_RING";
}

// The longest of the listed directories that the path lies in; empty where there is none.
std::string_view project_root(std::string_view listed, std::string_view path) {
  std::string_view longest;
  tools::for_each_directory(listed, [&](std::string_view one) {
    if (one.size() >= longest.size() && tools::is_at_or_below(path, one)) longest = one;
  });
  return longest;
}

// The nearest file from the working directory up to the listed directory.
FileContent read_project(const char* listed) {
  std::array<char, PATH_MAX> here{};
  if (listed == nullptr || ::getcwd(here.data(), here.size()) == nullptr) return {};
  std::string directory = here.data();
  const std::string_view root = project_root(listed, directory);
  if (root.empty()) return {};
  for (;; directory.resize(directory.rfind('/'))) {
    FileContent content = read_file(directory + "/" + kProjectFile, Place::project, directory);
    const bool is_found = !content.values.empty() || !content.problems.empty();
    if (is_found || directory.empty() || !tools::is_at_or_below(directory.substr(0, directory.rfind('/')), root)) return content;
  }
}

// The setting that one variable of the environment means is unknown, or its value is not understood: that is said.
void examine(std::string_view variable, std::vector<std::string>& problems) {
  const std::size_t sign = std::min(variable.find('='), variable.size());
  const std::string_view name = variable.substr(0, sign);
  const std::string_view value = variable.substr(std::min(sign + 1, variable.size()));
  const Setting* setting = find_setting(name);
  if (setting == nullptr && !is_ours_otherwise(name)) problems.push_back(std::string(name) + " is no setting");
  if (setting == nullptr || value.empty() || setting->accepts(value)) return;
  problems.push_back(std::string(variable) + " is not understood, and ignored: not " + setting->form);
}

}  // namespace

std::string user_file() {
  if (const char* named = std::getenv(kUserFile)) return named;
  if (const char* configs = std::getenv("XDG_CONFIG_HOME"); configs != nullptr && *configs == '/')
    return std::string(configs) + "/zccache/config";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::string(home) + "/.config/zccache/config";
  return {};
}

Configuration Configuration::load() {
  Configuration configuration;
  const std::string file = user_file();
  FileContent user = file.empty() ? FileContent{} : read_file(file, Place::user, {});
  const auto listed = std::ranges::find_if(user.values.rbegin(), user.values.rend(),
                                           [](const Value& one) { return one.setting->key == std::string_view("projects"); });
  const char* projects = std::getenv("ZCCACHE_PROJECTS");
  if (projects == nullptr && listed != user.values.rend()) projects = listed->text.c_str();
  // Before the user's, which gives way to it.
  configuration.apply(read_project(projects), Origin::Kind::project);
  configuration.apply(std::move(user), Origin::Kind::user);
  return configuration;
}

void Configuration::apply(FileContent&& content, Origin::Kind kind) {
  std::ranges::move(content.problems, std::back_inserter(problems_));
  // The last of several lines counts, and what is set already stays: an empty variable too, which asks for the default.
  for (auto value = content.values.rbegin(); value != content.values.rend(); ++value) {
    const char* const variable = value->setting->variable;
    if (std::getenv(variable) != nullptr || ::setenv(variable, value->text.c_str(), 1) != 0) continue;
    applied_.push_back({std::move(*value), kind});
  }
}

Configuration::Origin Configuration::origin_of(const Setting& setting) const {
  const auto found = std::ranges::find_if(applied_, [&](const Applied& one) { return one.value.setting == &setting; });
  if (found != applied_.end()) return {found->kind, found->value.text, found->value.file, found->value.line};
  const char* value = std::getenv(setting.variable);
  const bool is_used = value != nullptr && *value != '\0' && setting.accepts(value);
  return is_used ? Origin{Origin::Kind::environment, value, {}, 0} : Origin{Origin::Kind::standard, setting.otherwise, {}, 0};
}

std::vector<std::string> Configuration::problems() const {
  std::vector<std::string> problems = problems_;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::string_view(*variable).starts_with(kPrefix)) examine(*variable, problems);
  }
  return problems;
}

}  // namespace zccache::config
