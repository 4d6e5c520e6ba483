// What has to be known of a compiler's command line before it runs: whether it is a compile, and where its outputs are to go.
//
// Nothing here says what an option means for the result. Every argument counts as it stands, and what it makes the compiler read, run and
// write is seen when that happens.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/platform/uncacheable.hpp"

namespace zccache::cc {

struct Command {
  std::string source;           ///< the first one, as spelled; empty where a program has none
  std::string object;           ///< of -o, or what a link makes without it; empty: named after the source
  std::string dependency_file;  ///< of -MF; empty: named after the object

  /// The arguments that are part of the first key, in order: without the names of object and dependency file, in whose place stands nothing.
  std::vector<std::string_view> arguments;

  bool links = false;                     ///< it goes on to the linker, or is one, or makes an archive
  bool directory_counts = false;          ///< the working directory gets into the result in a form that cannot be searched for
  bool directory_in_debug_info = false;   ///< it does so in debug information, where a map can take it out (checkout.hpp)
  std::string mapped_directory;           ///< what such a map leaves of it, as "/build"
  std::vector<std::string> mapped_roots;  ///< whose names maps take out, so that the key does not have them
  bool object_name_counts = false;        ///< so does the name of the object
  bool asks_for_native = false;           ///< "native" stands in an argument: the result depends on the processor
  bool leaves_times_out = false;          ///< clang is told to keep no times of headers in what it makes of them
};

/// `arguments` are those of the compiler without its name, response files expanded. The views point into them.
[[nodiscard]] Expected<Command> analyze_command(std::span<char* const> arguments);

/// Of a program that is no compiler, and whose options nobody here knows: each argument counts, the names of outputs among them. Its source is
/// for the caller to find.
[[nodiscard]] Expected<Command> analyze_program(std::span<char* const> arguments);

/// Whether the word after this option is its value, as far as it matters here: it must not be taken for a source.
[[nodiscard]] bool has_separate_value(std::string_view option) noexcept;

}  // namespace zccache::cc
