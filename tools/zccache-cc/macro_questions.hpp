// `__has_include` by way of macros: of what it can be asked, going by every definition that any file has for a name.
//
// All header names that stand in definitions are looked after anyway. So a macro that can only stand for such a name is certain, whichever of
// its definitions holds, and one that nobody defines ends the compile. What glues a name together, or takes it from the compiler, is uncertain.
#pragma once

#include <string>
#include <vector>

#include "compiler_macros.hpp"
#include "directives.hpp"

namespace zccache::cc {

struct MacroQuestions {
  std::vector<std::string> askers;  ///< files that ask so: a quoted name in a definition is looked for beside them
  std::vector<HeaderName> names;    ///< that they ask for, with those that stand nowhere as a whole
  std::string uncertain;            ///< why the names in the files are not all that may be asked for; empty where they are
};

[[nodiscard]] MacroQuestions macro_questions(const std::vector<Asked>& asked, const CompilerMacros& predefined);

}  // namespace zccache::cc
