// What each compiler option means to a compile that may be served from the cache.
#pragma once

#include <string_view>

namespace zccache::cc {

enum class Meaning {
  plain,              ///< counts as it stands
  search_path,        ///< shows in the preprocessed text and the dependency file only
  macro,              ///< -D, -U: shows in the text, and counts all the same, since warnings quote it
  forced_include,     ///< -include: counts, and might name a precompiled header
  compile_only,       ///< -c
  object,             ///< -o
  language,           ///< -x
  make_dependencies,  ///< -MD, -MMD
  dependency_file,    ///< -MF
  dependency_target,  ///< -MT, -MQ
  debug_info,         ///< puts the working directory into the object
  lto_or_offload,     ///< so does this, and it counts as it stands: -flto, -fopenmp
  split_dwarf,        ///< makes a .dwo and puts its path into the object
  coverage_notes,     ///< makes a .gcno and puts paths into the object
  profile_arcs,       ///< puts paths into the object
  colour,             ///< the user chose
  refused             ///< never cached
};

/// Where the value of an option stands.
enum class Form {
  flag,      ///< it has none
  joined,    ///< in the same argument
  separate,  ///< in the next argument
  either
};

struct Option {
  std::string_view name;
  Form form;
  Meaning meaning;
  std::string_view why;  ///< of a refused one
};

/// The row for an argument that begins with '-', or null: then nobody knows what it does.
[[nodiscard]] const Option* find_option(std::string_view argument) noexcept;

}  // namespace zccache::cc
