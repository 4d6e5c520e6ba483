// What somebody may have meant who mistyped a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zccache::tools {

/// The candidate that differs least: two letters at most that are missing, too many, others or exchanged, or the one that begins so. Else
/// empty.
[[nodiscard]] std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'stats'?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace zccache::tools
