// What a source asks of the file system, and what in it makes direct mode unsafe, read from its bytes.
//
// Conditions and comments are not understood: what stands in an `#if 0` or a comment counts as well. A name too many only makes the cache look
// for a file that nobody wants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

struct HeaderName {
  std::string name;
  bool quoted = false;  ///< also looked for beside the file that names it
  bool tested = false;  ///< it stands in a condition: `__has_include` may ask for it, and being there is enough to matter
};

struct Directives {
  std::vector<HeaderName> headers;
  bool computed_include = false;  ///< `#include MACRO`: a name that need not stand in any file
  const char* unsafe = nullptr;   ///< why the text of this file does not depend on files alone, or null
};

/// Appends what `source` names to `found`.
void scan_directives(std::string_view source, Directives& found);

/// The names in a macro's value, as `-D` gives it: `"config.h"`, `<config.h>`.
void scan_macro_value(std::string_view value, Directives& found);

}  // namespace zccache::cc
