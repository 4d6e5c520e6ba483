#include "zccache-cc/launch/lookup.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace zccache::cc {

std::vector<ManifestEntry> manifest_of(Knowledge& knowledge, const Plan& plan) {
  const std::string key = manifest_key(plan.first_key);
  std::vector<ManifestEntry> all;
  const auto add = [&](std::optional<std::string_view> bytes) {
    auto entries = bytes ? decode_manifest(*bytes) : std::nullopt;
    if (entries) std::ranges::move(*entries, std::back_inserter(all));
  };
  add(knowledge.text(key));
  add(knowledge.text_above(key));
  return all;
}

FactCheck fact_check(Knowledge& knowledge, const Plan& plan) {
  return {knowledge, [&plan](bool directory_counts, bool object_name_counts) {
            return place_digest(plan.here, plan.command, directory_counts, object_name_counts);
          }};
}

std::optional<ManifestEntry> find_result(Knowledge& knowledge, const Plan& plan) {
  std::vector<ManifestEntry> known = manifest_of(knowledge, plan);
  FactCheck check = fact_check(knowledge, plan);
  for (ManifestEntry& entry : known) {
    if (!check.holds(entry)) continue;
    const bool is_news = check.has_fresh_stamps() || entry.result != known.front().result;
    ManifestEntry found = entry;
    if (is_news) note_in_manifest(knowledge, plan, std::move(known), found);
    return found;
  }
  return std::nullopt;
}

void note_in_manifest(Knowledge& knowledge, const Plan& plan, std::vector<ManifestEntry> known, ManifestEntry entry) {
  std::erase_if(known, [&](const ManifestEntry& other) { return other.result == entry.result; });
  known.insert(known.begin(), std::move(entry));
  if (known.size() > kMaxManifestEntries) known.resize(kMaxManifestEntries);
  knowledge.note_manifest(manifest_key(plan.first_key), encode_manifest(known), text_of(plan.parts));
}

}  // namespace zccache::cc
