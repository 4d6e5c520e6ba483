#include "zccache-cc/facts/named_values.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "zccache-cc/facts/comments.hpp"
#include "zccache-cc/facts/definitions.hpp"
#include "zccache-cc/facts/mapped_file.hpp"
#include "zccache-cc/facts/words.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// The form of the header at `path`, if it still is the one of this digest.
std::optional<std::string> form_of(const char* path, const ContentDigest& code) {
  auto form = without_comments(MappedFile(path).bytes());
  if (form && digest_of(*form) == code) return form;
  return std::nullopt;
}

std::vector<std::uint32_t> words_of_file(const KnownContent& content, std::string_view bytes) {
  const auto form = without_comments(bytes);
  if (!form) return words_of(bytes);
  return words_of(content.only_defines ? Definitions(*form).without_names() : *form);
}

class Names {
 public:
  Names(Knowledge& knowledge, std::int64_t start_ns) : knowledge_(knowledge), start_ns_(start_ns) {}

  void add_text(std::string_view text) { words_.add_text(text); }

  /// False where nobody can say what is in it.
  bool add_file(const Fact& fact) {
    struct stat status {};
    if (::stat(fact.path.c_str(), &status) != 0) return false;
    const FileStamp stamp = stamp_of(status);
    const auto content = knowledge_.content(stamp);
    if (!content || content->digest != fact.content || !is_settled(stamp, start_ns_)) return false;
    if (const auto known = knowledge_.words(stamp)) {
      words_.add(*known);
      return true;
    }
    const MappedFile file(fact.path.c_str());
    if (digest_of(file.bytes()) != fact.content || file.bytes().find('\0') != std::string_view::npos) return false;
    const std::vector<std::uint32_t> words = words_of_file(*content, file.bytes());
    knowledge_.note_words(stamp, words);
    words_.add(words);
    return true;
  }

  [[nodiscard]] bool has(std::string_view name) const { return words_.may_name(name); }
  [[nodiscard]] bool has_word(std::string_view word) const { return words_.has(hash_of_word(word)); }

 private:
  Knowledge& knowledge_;
  const std::int64_t start_ns_;
  WordSet words_;
};

/// `#pragma GCC poison`: a word that it forbids must not even stand in a value.
constexpr std::string_view kForbids = "poison";

/// The name that -D or -U gives follows the option without a blank.
void add_argument(std::string_view argument, Names& names) {
  names.add_text(argument);
  for (const std::string_view option : {"-D", "-U"}) {
    for (std::size_t at = argument.find(option); at != std::string_view::npos; at = argument.find(option, at + 1))
      names.add_text(argument.substr(at + option.size()));
  }
}

}  // namespace

std::vector<NamedValues> named_values(Knowledge& knowledge, std::span<const Fact> facts, std::span<const std::string_view> arguments,
                                      std::int64_t start_ns) {
  if (std::ranges::none_of(facts, &Fact::only_defines)) return {};
  Names names(knowledge, start_ns);
  for (const std::string_view argument : arguments) add_argument(argument, names);
  for (const Fact& fact : facts) {
    if (has_content(fact.kind) && fact.is_text && !names.add_file(fact)) return {};
  }
  if (names.has_word(kForbids)) return {};
  std::vector<std::pair<const Fact*, std::string>> headers;
  std::map<std::string, unsigned> times;  // each name stands in its own header, where it is not taken for a word
  for (const Fact& fact : facts) {
    if (!fact.only_defines) continue;
    auto form = form_of(fact.path.c_str(), fact.code);
    if (!form) return {};
    for (const std::string_view name : Definitions(*form).names()) ++times[std::string(name)];
    headers.emplace_back(&fact, *std::move(form));
  }
  std::vector<NamedValues> all;
  for (const auto& [fact, form] : headers) {
    const Definitions definitions(form);
    NamedValues values{.path = fact->path, .stored = {.path = 0, .seen = fact->code, .counted = {}, .named = {}}};
    for (const std::string_view name : definitions.names()) {
      if (times[std::string(name)] != 1 || names.has(name)) values.stored.named.push_back(hash_of_word(name));
    }
    std::ranges::sort(values.stored.named);
    values.stored.counted = digest_of(definitions.without_values(values.stored.named));
    all.push_back(std::move(values));
  }
  return all;
}

ContentDigest counted_content(const char* path, const ContentDigest& code, std::span<const std::uint32_t> named) {
  const auto form = form_of(path, code);
  return form ? digest_of(Definitions(*form).without_values(named)) : ContentDigest{};
}

}  // namespace zccache::cc
