// Files that know the times of other files. A compile that reads or makes one depends on more than contents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zccache::cc {

/// In the index as they are.
enum class KnowsTimes : char {
  no = '.',
  of_what_is_read = 'p',  ///< text with `#pragma GCC dependency`: it compares its own time with that of another file, which is read as well
  of_what_is_asked = 'a'  ///< what clang makes of headers and modules, whose times it keeps, and asks for again before it is used
};

/// Looks at the bytes of a file, which come in pieces.
class TimesSearch {
 public:
  void add(std::string_view piece);
  [[nodiscard]] KnowsTimes found() const noexcept;

 private:
  void take_start(std::string_view piece);

  std::string rest_;  ///< the end of the last piece
  bool is_first_ = true;
  bool is_program_ = false;  ///< compilers have these words in them
  bool is_object_ = false;
  bool has_pragma_ = false;
  bool has_syntax_tree_ = false;
};

[[nodiscard]] KnowsTimes times_known_by(std::string_view bytes);

}  // namespace zccache::cc
