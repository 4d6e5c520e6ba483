// explain: what the launcher would do with a compile, and why it would miss. Changes nothing; runs at most the preprocessor.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "entry.hpp"
#include "open_index.hpp"
#include "zccache-cc/direct_mode.hpp"
#include "zccache-cc/key_hasher.hpp"
#include "zccache-cc/macro_questions.hpp"
#include "zccache-cc/manifest.hpp"
#include "zccache-cc/manifest_check.hpp"
#include "zccache-cc/preparation.hpp"
#include "zccache-cc/settings.hpp"
#include "zccache-cc/understand.hpp"
#include "zccache-cc/upstream.hpp"

namespace zccache::index_tool {
namespace {

using cc::DescribedPart;
using Parts = std::vector<DescribedPart>;

// --- What is found out

/// A result that this very command line led to before, and what has changed since.
struct Candidate {
  std::string result;
  bool stored = false;  ///< else it was evicted or removed
  std::vector<std::string> changes;
};

/// A compile of the same source by another command line.
struct Relative {
  Parts missing;  ///< what it had and this one has not
  Parts added;    ///< ... and the other way round
};

struct Explanation {
  std::string outcome;  ///< hit_direct, hit_preprocessed, miss, not_cacheable
  std::string source;
  std::string key;
  std::string reason;       ///< of not_cacheable; of a miss by preprocessing, why that failed
  bool known = false;       ///< this very command line has been compiled
  bool upstream = false;    ///< a hit there, not here
  std::string no_manifest;  ///< why the result was, or would be, found by preprocessing only
  std::vector<Candidate> candidates;
  std::optional<Relative> relative;
};

/// Those of `a` that `b` has not, each as often as it is there.
Parts difference(const Parts& a, const Parts& b) {
  Parts rest = b;
  Parts only;
  for (const DescribedPart& part : a) {
    const auto found = std::ranges::find(rest, part);
    if (found == rest.end()) {
      only.push_back(part);
    } else {
      rest.erase(found);
    }
  }
  return only;
}

bool has(const Parts& parts, std::string_view label, std::string_view value) {
  return std::ranges::any_of(parts, [&](const DescribedPart& part) { return part.label == label && part.value == value; });
}

/// The one that differs least.
std::optional<Relative> nearest_relative(const ArtifactStore& store, const std::string& source, const Parts& now) {
  std::optional<Relative> nearest;
  store.for_each([&](const ArtifactView& entry) {
    if (!cc::is_manifest_key(entry.key())) return true;
    const Parts then = cc::parts_of(entry.stderr_bytes());
    if (!has(then, "source", source)) return true;
    Relative one{difference(then, now), difference(now, then)};
    const auto size = [](const Relative& r) { return r.missing.size() + r.added.size(); };
    if (!nearest || size(one) < size(*nearest)) nearest = std::move(one);
    return true;
  });
  return nearest;
}

std::vector<Candidate> candidates(const ArtifactStore& store, const ArtifactView& entry, cc::MadeWhere where) {
  std::vector<Candidate> found;
  const auto manifest = entry ? cc::ManifestView::open(entry.stdout_bytes()) : std::nullopt;
  if (!manifest) return found;
  cc::ManifestCheck check(*manifest, where);
  for (std::size_t i = 0; i < manifest->recipe_count(); ++i) {
    const std::string result = cc::hex_of(manifest->result(i));
    found.push_back({result, static_cast<bool>(store.find(result)), check.changes(i)});
  }
  std::ranges::stable_sort(found, {}, [](const Candidate& one) { return one.changes.size(); });
  return found;
}

/// Whether one of them would be served as things are.
bool is_direct_hit(const std::vector<Candidate>& candidates, Explanation& told) {
  for (const Candidate& one : candidates) {
    if (!one.changes.empty() || !one.stored) continue;
    told.outcome = "hit_direct";
    told.key = one.result;
    return true;
  }
  return false;
}

void explain_by_preprocessing(ArtifactStore& store, const ArtifactStore* above, const cc::Compiler& compiler, const char* name,
                              const cc::ParsedCommand& command, Explanation& told) {
  const auto made = cc::prepare(store, compiler, name, command);
  if (!made) {
    told.outcome = "not_cacheable";
    told.reason = made.error().why;
    return;
  }
  told.key = made->key;
  const bool is_here = static_cast<bool>(store.find(made->key));
  told.upstream = !is_here && above != nullptr && above->find(made->key);
  told.outcome = is_here || told.upstream ? "hit_preprocessed" : "miss";
  for (const cc::Asked& file : made->asked) {
    if (file.directives.unsafe != nullptr) told.no_manifest = file.file + ": " + file.directives.unsafe;
  }
  if (!told.no_manifest.empty() || !made->search_path) return;
  told.no_manifest = cc::macro_questions(made->asked, made->search_path->macros).uncertain;
}

Explanation explain_compile(ArtifactStore& store, const cc::Compiler& compiler, std::vector<char*>& argv) {
  Explanation told;
  cc::ResponseFiles response_files;
  const auto command = cc::understand(argv, compiler, response_files);
  if (!command) {
    told.outcome = "not_cacheable";
    told.reason = command.error().why;
    return told;
  }
  told.source = command->source;
  const cc::Description description = cc::describe(compiler, *command);
  const std::string manifest_key = cc::manifest_key(description);
  if (const ArtifactView manifest = store.find(manifest_key)) {
    told.known = true;
    told.candidates = candidates(store, manifest, cc::MadeWhere::here);
  }
  if (is_direct_hit(told.candidates, told)) return told;
  const char* const upstream = cc::Settings::from_environment().upstream;
  const auto above = upstream != nullptr ? cc::open_upstream(upstream) : std::nullopt;
  told.upstream = above && is_direct_hit(candidates(*above, above->find(manifest_key), cc::MadeWhere::elsewhere), told);
  if (told.upstream) return told;
  explain_by_preprocessing(store, above ? &*above : nullptr, compiler, argv.front(), *command, told);
  if (!told.known && told.outcome == "miss") told.relative = nearest_relative(store, told.source, cc::parts_of(description.text()));
  return told;
}

// --- How it is told

constexpr std::size_t kShown = 8;

void show_parts(const char* title, const Parts& parts) {
  for (const DescribedPart& part : parts) fmt::print("  {:<9}{:<16} {}\n", title, part.label, tools::printable(part.value));
}

void show_candidate(const Candidate& one) {
  fmt::print("  result {}{}\n", one.result, one.stored ? "" : " (no longer stored)");
  for (std::size_t i = 0; i < std::min(one.changes.size(), kShown); ++i) fmt::print("    {}\n", tools::printable(one.changes[i]));
  if (one.changes.size() > kShown) fmt::print("    and {} more\n", one.changes.size() - kShown);
}

void show_why_missed(const Explanation& told) {
  if (!told.candidates.empty()) {
    fmt::print("this command line was compiled before; what has changed since, the nearest first:\n");
    for (std::size_t i = 0; i < std::min<std::size_t>(told.candidates.size(), 3); ++i) show_candidate(told.candidates[i]);
  } else if (told.relative) {
    fmt::print("this command line was not compiled before; the nearest compile of {} differs in:\n", tools::printable(told.source));
    show_parts("only now", told.relative->added);
    show_parts("only then", told.relative->missing);
    if (told.relative->added.empty() && told.relative->missing.empty()) fmt::print("  the order of its arguments\n");
  } else {
    fmt::print("no compile of {} in a way that could be compared is known\n", tools::printable(told.source));
  }
}

void show_text(ArtifactStore& store, const Explanation& told) {
  if (told.outcome == "not_cacheable") {
    fmt::print("not cacheable: {}\n", tools::printable(told.reason));
    return;
  }
  const char* const headline = told.outcome == "hit_direct"         ? "hit, without preprocessing"
                               : told.outcome == "hit_preprocessed" ? "hit, after preprocessing"
                                                                    : "miss";
  fmt::print("{}{}: {}\n", headline, told.upstream ? ", from upstream" : "", tools::printable(told.source));
  fmt::print("key {}\n", told.key);
  if (const ArtifactView entry = store.find(told.key)) {
    fmt::print("stored {} ago: {}\n", tools::human_age(entry.stored_at_secs(), tools::now_secs()), outputs_text(entry));
  }
  if (!told.no_manifest.empty()) fmt::print("preprocessed each time: {}\n", tools::printable(told.no_manifest));
  if (told.outcome != "hit_direct" && (told.outcome == "miss" || told.known)) show_why_missed(told);
}

tools::Json parts_json(const Parts& parts) {
  tools::Json list = tools::Json::array();
  for (const DescribedPart& part : parts) list.push_back({{"label", part.label}, {"value", part.value}});
  return list;
}

void show_json(const Explanation& told) {
  tools::Json document = {{"outcome", told.outcome},
                          {"source", told.source},
                          {"key", told.key},
                          {"reason", told.reason},
                          {"known", told.known},
                          {"upstream", told.upstream},
                          {"no_direct_mode", told.no_manifest}};
  document["candidates"] = tools::Json::array();
  for (const Candidate& one : told.candidates) {
    document["candidates"].push_back({{"result", one.result}, {"stored", one.stored}, {"changes", one.changes}});
  }
  document["nearest"] = nullptr;
  if (told.relative) document["nearest"] = {{"only_now", parts_json(told.relative->added)}, {"only_then", parts_json(told.relative->missing)}};
  tools::print_json(document);
}

}  // namespace

int explain(const Context& context, const ExplainOptions& options) {
  std::vector<std::string> words = options.command;
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  const auto compiler = cc::find_compiler(argv.front());
  if (!compiler) throw tools::No(fmt::format("no compiler '{}'", options.command.front()));
  ArtifactStore store = open_to_look(context);
  const Explanation told = explain_compile(store, *compiler, argv);
  if (context.json) {
    show_json(told);
  } else {
    show_text(store, told);
  }
  return told.outcome.starts_with("hit") ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
