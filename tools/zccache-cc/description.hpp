// What a compile is asked for, in words: its parts in order, each under a label.
//
// The first key of a compile is the hash of its description, and the description is kept beside what is found under that key. So what makes two
// compiles different can be told: whatever is not in the description does not count.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "compiler.hpp"

namespace zccache::cc {

/// Lists of folders that only the preprocessor reads: elsewhere they are seen in its text.
inline constexpr std::array kSearchVariables = {"CPATH",  "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "OBJCPLUS_INCLUDE_PATH",
                                                "SDKROOT"};

/// As the kernel knows it, and as the shell calls it in $PWD: compilers prefer the latter where both lead to the same place, and else ignore
/// it.
struct WorkingDirectory {
  WorkingDirectory();
  std::string physical;
  std::string logical;
};

class Description {
 public:
  void add(std::string_view label, std::string_view value);

  /// 32 lowercase hex digits.
  [[nodiscard]] std::string hex_digest() const;
  /// One line for each part, "label value", with backslash, newline and NUL escaped.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

struct DescribedPart {
  std::string label;
  std::string value;
  bool operator==(const DescribedPart&) const = default;
};
[[nodiscard]] std::vector<DescribedPart> parts_of(std::string_view text);

/// File, name and version of the compiler.
void describe_compiler(Description& description, const Compiler& compiler);
/// The variables that the compiler or its preprocessor reads.
void describe_environment(Description& description);
/// The working directory.
void describe_directory(Description& description);
/// All of a compile but the content of files.
[[nodiscard]] Description describe(const Compiler& compiler, const ParsedCommand& command);

}  // namespace zccache::cc
