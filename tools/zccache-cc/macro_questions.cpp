#include "macro_questions.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "directive_text.hpp"
#include "glued_names.hpp"
#include "macro_definition.hpp"

namespace zccache::cc {
namespace {

constexpr std::size_t kMostNames = 16;  // that one may become

// `\u00e9` within a name is the same as the letter itself.
bool has_escaped_letter(std::string_view text) {
  return text.find("\\u") != std::string_view::npos || text.find("\\U") != std::string_view::npos;
}

// A word that asks, whenever it stands in a condition.
struct Operator {
  std::string_view name;
  bool takes_name = false;  ///< in parentheses behind it
  bool operator==(const Operator&) const = default;
};

class Inquiry {
 public:
  Inquiry(const std::vector<Asked>& asked, const CompilerMacros& predefined) : asked_(asked), predefined_(predefined) {
    for (const std::string_view name : kAsking) operators_.push_back({name, true});
    for (const std::string_view name : kAskingInOldGcc) {
      if (std::ranges::binary_search(predefined.words, name)) operators_.push_back({name, true});
    }
  }

  MacroQuestions answer() {
    // By index: both grow meanwhile.
    for (std::size_t i = 0; i < operators_.size(); ++i) take_uses(operators_[i]);  // NOLINT(modernize-loop-convert)
    for (std::size_t i = 0; i < macros_.size(); ++i) take_macro(macros_[i]);       // NOLINT(modernize-loop-convert)
    take_glue();
    if (!found_.askers.empty() && std::ranges::any_of(asked_, [](const Asked& file) { return has_escaped_letter(file.directives.lines); }))
      refuse("a letter written as \\u");
    return std::move(found_);
  }

 private:
  static constexpr std::array<std::string_view, 2> kAsking = {"__has_include", "__has_include_next"};
  // What gcc before 10 defines those as.
  static constexpr std::array<std::string_view, 2> kAskingInOldGcc = {"__has_include__", "__has_include_next__"};

  void refuse(std::string_view what) {
    if (found_.uncertain.empty()) found_.uncertain = file_ + ": __has_include of a macro: " + std::string(what);
  }

  // --- Who asks

  void take_uses(Operator word) {
    for (const Asked& file : asked_) {
      const std::string_view lines = file.directives.lines;
      for (std::size_t at = lines.find(word.name); at != std::string_view::npos; at = lines.find(word.name, at + word.name.size())) {
        if (!stands_alone(lines, at, word.name.size())) continue;
        const std::size_t begin = lines.rfind('\n', at) + 1;
        file_ = file.file;
        take_use(word, lines.substr(begin, lines.find('\n', at) - begin), at - begin);
      }
    }
  }

  void take_use(const Operator& word, std::string_view line, std::size_t at) {
    if (is_behind_defined(line.substr(0, at))) return;
    if (has_escaped_letter(line)) refuse(word.name);
    std::string_view rest = skip_space(line.substr(at + word.name.size()));
    const bool has_argument = word.takes_name && rest.starts_with('(');
    if (has_argument) rest = skip_space(rest.substr(1));
    if (line.starts_with(kDefine))
      return take_defined_use(word, parse_definition(line.substr(kDefine.size())), line.data() + at, has_argument, rest);
    // No macro: then the compiler takes the name as it stands.
    if (has_argument && word.name.starts_with(kAsking[0]) && !enclosed_name(rest).empty()) return;
    found_.askers.push_back(file_);
    if (has_argument) {
      take_argument(rest, {});
    } else if (word.takes_name) {
      refuse(word.name);
    }
  }

  // In the value of a macro, which then asks as well.
  void take_defined_use(const Operator& word, const Definition& definition, const char* at, bool has_argument, std::string_view argument) {
    if (definition.name.empty()) return refuse(word.name);  // no definition, but a compiler may see in it what is not seen here
    if (at < definition.value.data()) return;
    if (has_argument) return add_operator({definition.name, take_argument(argument, definition)});
    const bool is_other_name = definition.value == word.name;
    if (word.takes_name && !is_other_name) refuse(word.name);
    add_operator({definition.name, word.takes_name});
  }

  static bool is_behind_defined(std::string_view before) {
    constexpr std::string_view kDefined = "defined";
    before = without_blanks_behind(before);
    if (before.ends_with('(')) before = without_blanks_behind(before.substr(0, before.size() - 1));
    return before.ends_with(kDefined) && stands_alone(before, before.size() - kDefined.size(), kDefined.size());
  }

  // `HAS_ ## x` asks where x is FOO and HAS_FOO asks. All pieces stand somewhere, each by itself.
  void take_glue() {
    const GluedNames glued(asked_, predefined_);
    const auto take = [&](std::string_view name) {
      if (found_.uncertain.empty() && glued.may_be(name)) found_.uncertain = "macros may glue " + std::string(name) + " together";
    };
    for (const Operator& word : operators_) take(word.name);
    take("__has_embed");
  }

  void add_operator(const Operator& word) {
    if (std::ranges::find(operators_, word) == operators_.end()) operators_.push_back(word);
  }

  // --- For what

  // Whether it is a parameter: then those who use the macro say.
  bool take_argument(std::string_view text, const Definition& definition) {
    if (const std::string_view name = enclosed_name(text); !name.empty()) {
      if (!take_name(name, definition) || !skip_space(text.substr(name.size())).starts_with(')')) refuse(text);
      return false;
    }
    const std::string_view word = take_word(text);
    if (word.empty() || !skip_space(text).starts_with(')')) return refuse(text), false;
    if (definition.has_parameter(word)) return true;
    add_macro(word);
    return false;
  }

  void add_macro(std::string_view name) {
    if (std::ranges::find(macros_, name) == macros_.end()) macros_.push_back(name);
  }

  void take_macro(std::string_view name) {
    if (is_predefined(name)) return refuse(name);
    for_each_definition(name, [&](const Asked& file, std::string_view text) {
      file_ = file.file;
      const Definition definition = parse_definition(text);
      std::string_view value = definition.value;
      // Without parentheses behind its name a function is no macro. No value at all is an error.
      if (definition.is_function || value.empty()) return;
      const std::string_view header = enclosed_name(value);
      if (header.size() == value.size()) return take_name(header, {}) ? void() : refuse(name);
      const std::string_view other = take_word(value);
      if (!value.empty()) return refuse(name);
      add_macro(other);
    });
  }

  // Notes all that a name may become, since macros within angle brackets are replaced. Whether that is certain.
  bool take_name(std::string_view enclosed, const Definition& definition) {
    std::string_view name = enclosed.substr(1, enclosed.size() - 2);
    if (enclosed[0] == '"') return found_.names.push_back({std::string(name), true, Place::condition}), true;
    std::vector<std::string> names{""};
    while (!name.empty() && names.size() <= kMostNames) {
      const std::string_view word = take_word(name);
      if (definition.has_parameter(word) || name.starts_with("//")) return false;
      if (!word.empty() && !append_each(names, stand_ins(word))) return false;
      if (name.empty()) break;
      if (std::string_view("./+-").find(name[0]) == std::string_view::npos) return false;
      append_each(names, {name.substr(0, 1)});
      name.remove_prefix(1);
    }
    for (std::string& one : names) found_.names.push_back({std::move(one), false, Place::condition});
    return names.size() <= kMostNames;
  }

  // False where there are none.
  static bool append_each(std::vector<std::string>& names, const std::vector<std::string_view>& ends) {
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      for (const std::string_view end : ends) longer.push_back(std::string(name).append(end));
    }
    names = std::move(longer);
    return !names.empty();
  }

  // What a word may become: itself, or a word that it is defined as. Nothing where it may be more than that.
  std::vector<std::string_view> stand_ins(std::string_view word) {
    std::vector<std::string_view> words{word};
    bool certain = true;
    for (std::size_t i = 0; certain && i < words.size(); ++i) {
      certain = !is_predefined(words[i]);
      for_each_definition(words[i], [&](const Asked&, std::string_view text) {
        const Definition definition = parse_definition(text);
        if (definition.is_function) return;  // there are no parentheses behind it
        std::string_view value = definition.value;
        const std::string_view other = take_word(value);
        certain = certain && !other.empty() && value.empty();
        if (std::ranges::find(words, other) == words.end()) words.push_back(other);
      });
    }
    return certain ? words : std::vector<std::string_view>();
  }

  [[nodiscard]] bool is_predefined(std::string_view name) const {
    return is_reserved_for_compiler(name) || std::ranges::find(predefined_.names, name) != predefined_.names.end();
  }

  // --- Definitions

  // Visits each file with what follows "define " there.
  template <class Visit>
  void for_each_definition(std::string_view name, Visit visit) {
    const std::string wanted = std::string(kDefine).append(name);
    for (const Asked& file : asked_) {
      const std::string_view lines = file.directives.lines;
      for (std::size_t at = lines.find(wanted); at != std::string_view::npos; at = lines.find(wanted, at + 1)) {
        if ((at != 0 && lines[at - 1] != '\n') || !stands_alone(lines, at, wanted.size())) continue;
        const std::size_t begin = at + kDefine.size();
        visit(file, lines.substr(begin, lines.find('\n', at) - begin));
      }
    }
  }

  const std::vector<Asked>& asked_;
  const CompilerMacros& predefined_;
  std::vector<Operator> operators_;
  std::vector<std::string_view> macros_;  ///< that are asked for
  std::string file_;                      ///< that is looked at
  MacroQuestions found_;
};

}  // namespace

MacroQuestions macro_questions(const std::vector<Asked>& asked, const CompilerMacros& predefined) {
  return Inquiry(asked, predefined).answer();
}

}  // namespace zccache::cc
