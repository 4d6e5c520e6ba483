// The table of all settings: launcher, index tool, manual pages and documentation take them from here.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace zccache::config {

/// The least trusted place that may set it: an environment always may; a project may neither run anything nor write elsewhere.
enum class Place { user, project };

/// In a file a path is absolute, or begins with ~/; in a project's it may be relative to that file.
enum class Paths { none, one, list };

struct Setting {
  const char* key;       ///< in a file: "max_size"
  const char* variable;  ///< in the environment: "ZCCACHE_MAX_SIZE"
  Place place;
  Paths paths;            ///< whether the value is a path, or several separated by colons
  const char* form;       ///< what a value looks like, as a complaint says it
  const char* otherwise;  ///< the default, as a person reads it
  const char* meaning;
  bool (*accepts)(std::string_view value);  ///< of a value that is not empty; an empty one is the default
};

[[nodiscard]] std::span<const Setting> settings() noexcept;

/// By key or variable, else null.
[[nodiscard]] const Setting* find_setting(std::string_view name) noexcept;

/// Whether it says something of the team's server.
[[nodiscard]] bool is_of_remote(const Setting& setting) noexcept;

/// The variables that `is_shown` picks, one a line with meaning and default, as `--help` shows them.
[[nodiscard]] std::string help_on(bool (*is_shown)(const Setting&));

}  // namespace zccache::config
