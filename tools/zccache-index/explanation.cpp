#include "explanation.hpp"

#include <algorithm>
#include <filesystem>

#include "advice.hpp"
#include "zccache-cc/facts/fact_check.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/launch/lookup.hpp"
#include "zccache-cc/launch/plan.hpp"
#include "zccache-cc/launch/upstream.hpp"

namespace zccache::index_tool {
namespace {

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

std::string source_of(const Parts& parts) {
  const auto found = std::ranges::find(parts, "source", &cc::KeyPart::label);
  return found == parts.end() ? "" : found->value;
}

bool have_one_name(const std::string& one, const std::string& other) {
  return std::filesystem::path(one).filename() == std::filesystem::path(other).filename();
}

/// The one that differs least. One of the same source by its path comes before one that has only its name.
std::optional<Relative> nearest_relative(const ArtifactStore& store, const std::string& source, const Parts& now) {
  std::optional<Relative> nearest;
  const auto rank = [&](const Relative& one) { return std::pair(one.source != source, one.missing.size() + one.added.size()); };
  store.for_each([&](const ArtifactView& entry) {
    if (!cc::is_manifest_key(entry.key())) return true;
    const Parts then = cc::parts_of(entry.stderr_bytes());
    if (!have_one_name(source_of(then), source)) return true;
    Relative one{source_of(then), difference(then, now), difference(now, then)};
    if (!nearest || rank(one) < rank(*nearest)) nearest = std::move(one);
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

bool is_hit_upstream(const ArtifactStore* store, std::string_view upstream, const cc::Plan& plan, Explanation& told) {
  const auto above = cc::open_upstream(upstream);
  if (!above) return false;
  cc::Knowledge knowledge(store != nullptr ? *store : *above, &*above);
  return is_hit(candidates(*above, knowledge, plan), told);
}

/// What the launcher would be brought. Candidates of the server's stand for ours where we have none.
void look_at_server(const ArtifactStore* store, TeamLook& team, const cc::Plan& plan, Explanation& told) {
  if (!team.has_manifest(plan.first_key)) {
    told.server = team.is_silent() ? "no answer" : "nothing";
    return;
  }
  told.server = "other results";
  cc::Knowledge knowledge(store != nullptr ? *store : team.store(), &team.store());
  std::vector<Candidate> theirs = candidates(team.store(), knowledge, plan);
  for (Candidate& one : theirs) {
    const auto result = one.changes.empty() ? cc::digest_of_hex(one.result) : std::nullopt;
    one.stored = result && team.has_result(*result);
  }
  if (is_hit(theirs, told)) told.server = "the result";
  if (told.candidates.empty()) told.candidates = std::move(theirs);
}

void look_up(const ArtifactStore* store, TeamLook* team, const cc::Plan& plan, const cc::Settings& settings, Explanation& told) {
  if (store != nullptr) {
    cc::Knowledge knowledge(*store);
    told.candidates = candidates(*store, knowledge, plan);
    told.known = !told.candidates.empty();
  }
  if (settings.recache) {
    told.reason = "ZCCACHE_RECACHE is set";
    return;
  }
  if (is_hit(told.candidates, told)) return;
  told.upstream = std::ranges::any_of(settings.upstreams, [&](std::string_view one) { return is_hit_upstream(store, one, plan, told); });
  if (told.upstream) return;
  if (team != nullptr) look_at_server(store, *team, plan, told);
  if (told.outcome == "hit" || !told.candidates.empty()) return;
  if (store == nullptr) told.reason = "nothing is stored yet: there is no index";
  if (store != nullptr) told.relative = nearest_relative(*store, told.source, plan.parts);
}

}  // namespace

Explanation explain_compile(const ArtifactStore* store, TeamLook* team, const cc::Compiler& compiler, char* const* argv,
                            const cc::Settings& settings) {
  Explanation told;
  const auto plan = cc::make_plan(compiler, argv, settings);
  if (settings.disabled || !plan) {
    told.outcome = "not_cacheable";
    told.reason = settings.disabled ? "ZCCACHE_DISABLE is set" : plan.error().why;
    return told;
  }
  told.source = plan->command.source;
  told.outcome = "miss";
  look_up(store, team, *plan, settings, told);
  if (told.outcome == "miss") told.advice = advice_on(told, compiler, argv, settings);
  return told;
}

}  // namespace zccache::index_tool
