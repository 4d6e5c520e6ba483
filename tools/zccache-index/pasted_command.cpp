#include "pasted_command.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <iterator>

#include "zccache-cc/command/compiler.hpp"

namespace zccache::index_tool {
namespace {

constexpr std::array<std::string_view, 4> kOperators = {"&&", "||", ";", "|"};
constexpr std::array<std::string_view, 6> kBeforeACompiler = {"zccache-cc", "ccache", "sccache", "distcc", "icecc", "env"};

using Words = std::vector<std::string>;

bool is_operator(std::string_view word) { return std::ranges::find(kOperators, word) != kOperators.end(); }
std::string file_name(std::string_view word) { return std::filesystem::path(word).filename(); }

/// NAME=VALUE
bool is_assignment(std::string_view word) {
  const std::size_t sign = word.find('=');
  if (sign == 0 || sign == std::string_view::npos || std::isdigit(static_cast<unsigned char>(word.front())) != 0) return false;
  return std::ranges::all_of(word.substr(0, sign), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// Where the commands of a line begin that is "[3/9] …", or with another status in brackets, as NINJA_STATUS can say.
Words::const_iterator behind_status(const Words& words) {
  if (words.empty() || !words.front().starts_with('[')) return words.begin();
  const auto end = std::ranges::find_if(words, [](const std::string& word) { return word.ends_with(']'); });
  return end == words.end() ? words.begin() : end + 1;
}

/// One command of the line: what stands before the compiler goes.
PastedCommand stripped(Words::const_iterator begin, Words::const_iterator end, const std::string& directory) {
  PastedCommand command{directory, {}, {}};
  for (; begin != end; ++begin) {
    if (is_assignment(*begin)) {
      const std::size_t sign = begin->find('=');
      command.variables.emplace_back(begin->substr(0, sign), begin->substr(sign + 1));
    } else if (std::ranges::find(kBeforeACompiler, file_name(*begin)) == kBeforeACompiler.end()) {
      break;
    }
  }
  command.words.assign(begin, end);
  return command;
}

bool calls_a_compiler(const PastedCommand& command) { return cc::is_compiler_name(file_name(command.words.front())); }

}  // namespace

std::vector<std::string> words_of_line(std::string_view line) {
  Words words;
  bool in_word = false;
  char quote = '\0';
  const auto add = [&](char c) {
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += c;
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool has_next = at + 1 < line.size();
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
      if (!in_word) words.emplace_back();  // '' is a word
      in_word = true;
    } else if (c == '\\' && has_next && quote != '\'' &&
               (quote == '\0' || std::string_view("\"\\$`\n").find(line[at + 1]) != std::string_view::npos)) {
      if (line[++at] != '\n') add(line[at]);
    } else if (quote == '\0' && std::isspace(static_cast<unsigned char>(c)) != 0) {
      in_word = false;
    } else if (quote == '\0' && (c == ';' || c == '|' || (c == '&' && has_next && line[at + 1] == '&'))) {
      const bool is_double = has_next && line[at + 1] == c && c != ';';
      words.emplace_back(is_double ? 2 : 1, c);
      at += is_double ? 1 : 0;
      in_word = false;
    } else {
      add(c);
    }
  }
  return words;
}

PastedCommand command_among(const std::vector<std::string>& words) {
  PastedCommand first;
  std::filesystem::path directory;
  for (auto begin = behind_status(words); begin != words.end();) {
    const auto end = std::find_if(begin, words.end(), is_operator);
    PastedCommand command = stripped(begin, end, directory);
    if (command.words.size() > 1 && command.words.front() == "cd") {
      directory /= command.words[1];
    } else if (!command.words.empty() && command.words.front() != ":") {
      if (calls_a_compiler(command)) return command;
      if (first.words.empty()) first = std::move(command);
    }
    begin = end == words.end() ? end : end + 1;
  }
  return first;
}

}  // namespace zccache::index_tool
