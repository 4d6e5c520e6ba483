// What `##` can make: any name that is a row of words which stand somewhere, each by itself.
//
// Which macro glues what is not followed: there is always one that glues its two arguments, and it may be used of its own result.
#pragma once

#include <string_view>
#include <unordered_set>
#include <vector>

#include "compiler_macros.hpp"
#include "directives.hpp"

namespace zccache::cc {

class GluedNames {
 public:
  /// What the arguments are of has to stay as it is.
  GluedNames(const std::vector<Asked>& asked, const CompilerMacros& predefined);

  [[nodiscard]] bool may_be(std::string_view name) const;

 private:
  void take_line(std::string_view line);
  [[nodiscard]] bool is_piece(std::string_view text) const;
  [[nodiscard]] bool is_row_of_pieces(std::string_view name) const;

  std::unordered_set<std::string_view> words_;
};

}  // namespace zccache::cc
