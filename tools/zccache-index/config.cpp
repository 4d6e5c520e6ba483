// config: each setting with its value and where that comes from; or one written into the user's file, or the project's.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "command.hpp"
#include "common/descriptor.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "common/suggestion.hpp"
#include "common/target_file.hpp"
#include "config/configuration.hpp"

namespace zccache::index_tool {
namespace {

using config::Configuration;
using config::Setting;
using Kind = Configuration::Origin::Kind;
namespace fs = std::filesystem;

const char* name(Kind kind) {
  switch (kind) {
    case Kind::environment:
      return "environment";
    case Kind::user:
      return "user";
    case Kind::project:
      return "project";
    case Kind::standard:
      break;
  }
  return "default";
}

std::string place_of(const Configuration::Origin& origin, const Setting& setting) {
  if (origin.kind == Kind::environment) return setting.variable;
  return origin.file.empty() ? name(origin.kind) : fmt::format("{}:{}", origin.file, origin.line);
}

const Setting& setting_named(const std::string& key) {
  if (const Setting* found = config::find_setting(key)) return *found;
  std::vector<std::string> keys;
  for (const Setting& one : config::settings()) keys.emplace_back(one.key);
  const std::string nearest = tools::did_you_mean(key, keys);
  throw tools::UsageError(fmt::format("'{}' is no setting{}", key, nearest.empty() ? "; zccache-index config shows all" : nearest));
}

void show_text(const Setting& setting, const Configuration& configuration) {
  const auto origin = configuration.origin_of(setting);
  fmt::print("{:<14} {:<30} {}\n", setting.key, tools::printable(origin.value), tools::printable(place_of(origin, setting)));
}

tools::Json json_of(const Setting& setting, const Configuration& configuration) {
  const auto origin = configuration.origin_of(setting);
  return {{"key", setting.key},           {"variable", setting.variable}, {"value", origin.value},
          {"origin", name(origin.kind)},  {"file", origin.file},          {"line", origin.line},
          {"default", setting.otherwise}, {"form", setting.form},         {"project_may_set", setting.place == config::Place::project},
          {"meaning", setting.meaning}};
}

void show_all(const Context& context) {
  const auto problems = context.configuration.problems();
  if (context.json) {
    tools::Json list = tools::Json::array();
    for (const Setting& one : config::settings()) list.push_back(json_of(one, context.configuration));
    tools::print_json({{"settings", list}, {"problems", problems}});
    return;
  }
  for (const Setting& one : config::settings()) show_text(one, context.configuration);
  for (const std::string& problem : problems) fmt::print("\nproblem: {}\n", tools::printable(problem));
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Aside and renamed: a compile that reads the file at this moment reads the old or the new one, whole.
void replace(const fs::path& name, const std::string& text) {
  if (name.has_parent_path()) fs::create_directories(name.parent_path());
  const fs::path file = tools::target_file(name);
  std::string aside = file.string() + ".XXXXXX";
  const tools::Descriptor opened(::mkostemp(aside.data(), O_CLOEXEC));
  const bool is_whole = opened && ::write(opened.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                        ::fchmod(opened.get(), 0644) == 0 && ::rename(aside.c_str(), file.c_str()) == 0;
  if (is_whole) return;
  const std::string why = std::strerror(errno);
  if (opened) ::unlink(aside.c_str());
  throw std::runtime_error(fmt::format("could not write {}: {}", file.string(), why));
}

// Before anything is written: what the launcher would refuse has no place in the file.
void check(const Setting& setting, const std::string& value, const fs::path& file, config::Place place) {
  const auto line = fmt::format("{} = {}\n", setting.key, value);
  const auto content = config::parse_file(line, file.string(), place, file.parent_path().string());
  if (value.find('\n') != std::string::npos) throw tools::UsageError("a value is one line");
  if (!content.problems.empty()) throw tools::UsageError(content.problems.front());
}

void write(const Context& context, const Setting& setting, const std::string& value, const fs::path& file, config::Place place) {
  check(setting, value, file, place);
  replace(file, config::with_setting(text_of(file), setting, value));
  const bool is_hidden = context.configuration.origin_of(setting).kind == Kind::environment;
  if (is_hidden) fmt::print(stderr, "note: {} is set in the environment and counts instead\n", setting.variable);
}

fs::path file_of_the_user() {
  const std::string file = config::user_file();
  if (file.empty()) throw tools::UsageError("no configuration file: set HOME, or name one in ZCCACHE_CONFIG");
  return file;
}

// A project's file counts only below a directory that the user has named.
void have_it_read(const Context& context, const fs::path& directory) {
  const Setting& projects = setting_named("projects");
  const auto origin = context.configuration.origin_of(projects);
  const std::string listed = origin.kind == Kind::standard ? "" : origin.value;
  if ((":" + listed + ":").find(":" + directory.string() + ":") != std::string::npos) return;
  write(context, projects, listed.empty() ? directory.string() : listed + ":" + directory.string(), file_of_the_user(), config::Place::user);
}

}  // namespace

int config(const Context& context, const ConfigOptions& options) {
  if (options.assignment.empty()) {
    if (options.project) throw tools::UsageError("--project goes with KEY=VALUE");
    show_all(context);
    return tools::kGood;
  }
  const std::size_t sign = options.assignment.find('=');
  const Setting& setting = setting_named(options.assignment.substr(0, sign));
  if (sign == std::string::npos) {
    if (context.json) {
      tools::print_json(json_of(setting, context.configuration));
    } else {
      show_text(setting, context.configuration);
    }
    return tools::kGood;
  }
  const std::string value = options.assignment.substr(sign + 1);
  if (!options.project) {
    write(context, setting, value, file_of_the_user(), config::Place::user);
    return tools::kGood;
  }
  const fs::path directory = fs::current_path();
  write(context, setting, value, directory / config::kProjectFile, config::Place::project);
  have_it_read(context, directory);
  return tools::kGood;
}

}  // namespace zccache::index_tool
