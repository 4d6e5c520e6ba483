// One `#define`, taken apart.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// What a definition begins with in Directives::lines.
inline constexpr std::string_view kDefine = "define ";

struct Definition {
  std::string_view name;  ///< empty where there is none
  std::vector<std::string_view> parameters;
  std::string_view value;  ///< without blanks around it
  bool is_function = false;

  [[nodiscard]] bool has_parameter(std::string_view word) const { return std::ranges::find(parameters, word) != parameters.end(); }
};

/// `text` is what follows `kDefine`.
[[nodiscard]] Definition parse_definition(std::string_view text);

/// All words, numbers included, also those in strings.
[[nodiscard]] std::vector<std::string_view> words_in(std::string_view text);

[[nodiscard]] bool is_decimal(std::string_view word) noexcept;

[[nodiscard]] std::string_view without_blanks_behind(std::string_view text);

}  // namespace zccache::cc
