#include "compiler_macros.hpp"

#include <algorithm>

#include "directive_text.hpp"
#include "macro_definition.hpp"

namespace zccache::cc {

CompilerMacros parse_macros(std::string_view printed) {
  constexpr std::string_view kDirective = "#define ";
  CompilerMacros macros;
  while (!printed.empty()) {
    const std::string_view line = printed.substr(0, printed.find('\n'));
    printed.remove_prefix(std::min(line.size() + 1, printed.size()));
    if (!line.starts_with(kDirective)) continue;
    const Definition definition = parse_definition(line.substr(kDirective.size()));
    if (!definition.name.empty() && !is_reserved_for_compiler(definition.name)) macros.names.emplace_back(definition.name);
    for (const std::string_view word : words_in(definition.value)) {
      if (!is_decimal(word) && !definition.has_parameter(word)) macros.words.emplace_back(word);
    }
  }
  std::ranges::sort(macros.words);
  macros.words.erase(std::unique(macros.words.begin(), macros.words.end()), macros.words.end());
  return macros;
}

}  // namespace zccache::cc
