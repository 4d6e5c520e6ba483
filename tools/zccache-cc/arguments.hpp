// Understands a compiler's command line, or says why it does not.
#pragma once

#include <zccache/payload_store.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cacheable.hpp"

namespace zccache::cc {

/// A compile of one C or C++ source into one object file. Its views and pointers go into the arguments that it was parsed from.
struct ParsedCommand {
  const char* source = nullptr;
  std::string object;
  std::vector<OutputFile> outputs;                  ///< by role: "object", "dependencies", "dwo", "gcno"
  std::vector<const char*> preprocessor_arguments;  ///< the source among them, without what says where outputs go
  std::vector<const char*> search_arguments;        ///< those of them that may change where headers are looked for
  std::vector<std::string_view> key_arguments;      ///< the options that count, in order
  std::vector<std::string_view> search_folders;     ///< values of -I and its like
  std::vector<std::string_view> forced_includes;    ///< -include
  std::vector<std::string_view> macros;             ///< values of -D
  std::string_view language;                        ///< -x, or empty
  bool makes_dependencies = false;
  bool makes_dwo = false;
  bool directory_matters = false;    ///< the working directory gets into an output
  bool object_path_matters = false;  ///< so does the path of the object
  bool colour_is_chosen = false;     ///< by the user, other than "as the terminal can"
};

/// `arguments` are those of the compiler, without its name.
[[nodiscard]] Cacheable<ParsedCommand> parse_arguments(std::span<const char* const> arguments);

}  // namespace zccache::cc
