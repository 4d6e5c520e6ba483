// What a source asks of the file system, and what in it makes direct mode unsafe, read from its bytes.
//
// Conditions and comments are not understood: what stands in an `#if 0`, or at the start of a line in a comment, counts as well. A name too
// many only makes the cache look for a file that nobody wants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

enum class Place {
  include,
  condition,  ///< `__has_include` may ask for it: being there is enough to matter
  definition  ///< of a macro, which an include or a condition of any file may use
};

struct HeaderName {
  std::string name;
  bool quoted = false;  ///< also looked for beside the file that asks for it
  Place place = Place::include;
};

struct Directives {
  std::vector<HeaderName> headers;
  std::string lines;              ///< definitions and conditions without comments, each "define …" or "if …", with a newline behind it
  bool imports = false;           ///< `#import`
  bool computed_include = false;  ///< `#include MACRO`: a name that need not stand in any file
  const char* unsafe = nullptr;   ///< why the text of this file does not depend on files alone, or null
};

/// What one file of the compile asks for.
struct Asked {
  std::string file;  ///< its name, as the compiler gives it
  Directives directives;
};

/// Appends what `source` names to `found`.
void scan_directives(std::string_view source, Directives& found);

/// The same for a macro as `-D` gives it: `CONFIG="config.h"`.
void scan_command_macro(std::string_view macro, Directives& found);

}  // namespace zccache::cc
