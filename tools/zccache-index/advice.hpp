// What would let compiles in two directories share a result, where the directory is what is different.
#pragma once

#include <string>
#include <vector>

#include "explanation.hpp"

namespace zccache::index_tool {

/// Each advice has been tried: with it, the launcher's own decision no longer has the directory in it. Empty where something else is different.
[[nodiscard]] std::vector<std::string> advice_on(const Explanation& told, const cc::Compiler& compiler, char* const* argv,
                                                 const cc::Settings& settings);

}  // namespace zccache::index_tool
