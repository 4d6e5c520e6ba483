// explain: what the launcher would do with a compile, and why it would miss. Changes nothing and runs nothing.
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
#include "zccache-cc/facts/fact_check.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/launch/lookup.hpp"
#include "zccache-cc/launch/plan.hpp"
#include "zccache-cc/launch/upstream.hpp"
#include "zccache-cc/platform/settings.hpp"

namespace zccache::index_tool {
namespace {

using Parts = std::vector<cc::KeyPart>;

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
  std::string outcome;  ///< hit, miss, not_cacheable
  std::string source;
  std::string key;        ///< of the result that would be served
  std::string reason;     ///< of not_cacheable
  bool known = false;     ///< this very command line has been compiled
  bool upstream = false;  ///< a hit there, not here
  std::vector<Candidate> candidates;
  std::optional<Relative> relative;
};

/// Those of `a` that `b` has not, each as often as it is there.
Parts difference(const Parts& a, const Parts& b) {
  Parts rest = b;
  Parts only;
  for (const cc::KeyPart& part : a) {
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
  return std::ranges::any_of(parts, [&](const cc::KeyPart& part) { return part.label == label && part.value == value; });
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

std::vector<Candidate> candidates(const ArtifactStore& store, cc::Knowledge& knowledge, const cc::Plan& plan) {
  std::vector<Candidate> found;
  cc::FactCheck check = cc::fact_check(knowledge, plan);
  for (const cc::ManifestEntry& entry : cc::manifest_of(knowledge, plan)) {
    const std::string result = cc::hex_of(entry.result);
    found.push_back({result, static_cast<bool>(store.find(result)), check.changes(entry)});
  }
  std::ranges::stable_sort(found, {}, [](const Candidate& one) { return one.changes.size(); });
  return found;
}

/// Whether one of them would be served as things are.
bool is_hit(const std::vector<Candidate>& candidates, Explanation& told) {
  for (const Candidate& one : candidates) {
    if (!one.changes.empty() || !one.stored) continue;
    told.outcome = "hit";
    told.key = one.result;
    return true;
  }
  return false;
}

bool is_hit_upstream(const ArtifactStore& store, const char* upstream, const cc::Plan& plan, Explanation& told) {
  const auto above = upstream != nullptr ? cc::open_upstream(upstream) : std::nullopt;
  if (!above) return false;
  cc::Knowledge knowledge(store, &*above);
  return is_hit(candidates(*above, knowledge, plan), told);
}

Explanation explain_compile(const ArtifactStore& store, const cc::Compiler& compiler, char* const* argv) {
  Explanation told;
  const cc::Settings settings = cc::Settings::from_environment();
  const auto plan = cc::make_plan(compiler, argv, settings);
  if (settings.disabled || !plan) {
    told.outcome = "not_cacheable";
    told.reason = settings.disabled ? "ZCCACHE_DISABLE is set" : plan.error().why;
    return told;
  }
  told.source = plan->command.source;
  cc::Knowledge knowledge(store);
  told.candidates = candidates(store, knowledge, *plan);
  told.known = !told.candidates.empty();
  told.outcome = "miss";
  if (settings.recache) {
    told.reason = "ZCCACHE_RECACHE is set";
    return told;
  }
  if (is_hit(told.candidates, told)) return told;
  told.upstream = is_hit_upstream(store, settings.upstream, *plan, told);
  if (!told.upstream && !told.known) told.relative = nearest_relative(store, told.source, plan->parts);
  return told;
}

// --- How it is told

constexpr std::size_t kShown = 8;

void show_parts(const char* title, const Parts& parts) {
  for (const cc::KeyPart& part : parts) fmt::print("  {:<10}{:<16} {}\n", title, part.label, tools::printable(part.value));
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

void show_text(const ArtifactStore& store, const Explanation& told) {
  if (told.outcome == "not_cacheable") {
    fmt::print("not cacheable: {}\n", tools::printable(told.reason));
    return;
  }
  fmt::print("{}{}: {}\n", told.outcome, told.upstream ? ", from upstream" : "", tools::printable(told.source));
  if (!told.reason.empty()) fmt::print("{}\n", told.reason);
  if (told.outcome == "miss") return show_why_missed(told);
  fmt::print("key {}\n", told.key);
  if (const ArtifactView entry = store.find(told.key)) {
    fmt::print("stored {} ago: {}\n", tools::human_age(entry.stored_at_secs(), tools::now_secs()), outputs_text(entry));
  }
}

tools::Json parts_json(const Parts& parts) {
  tools::Json list = tools::Json::array();
  for (const cc::KeyPart& part : parts) list.push_back({{"label", part.label}, {"value", part.value}});
  return list;
}

void show_json(const Explanation& told) {
  tools::Json document = {{"outcome", told.outcome}, {"source", told.source}, {"key", told.key},
                          {"reason", told.reason},   {"known", told.known},   {"upstream", told.upstream}};
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
  argv.push_back(nullptr);
  const ArtifactStore store = open_to_look(context);
  const Explanation told = explain_compile(store, *compiler, argv.data());
  if (context.json) {
    show_json(told);
  } else {
    show_text(store, told);
  }
  return told.outcome == "hit" ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
