#include "zccache-cc/launch/lookup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "zccache-cc/facts/read_content.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// Two bytes of the source's digest. That is enough to spread entries: whether one may be served is decided by the facts in it, wherever it is.
using SourceHint = std::uint16_t;

std::string key_by_source(const Plan& plan, SourceHint hint) {
  return manifest_key(Hasher().add(plan.first_key).add(std::uint64_t{hint}).digest());
}

/// With comments and without: an entry has one or the other.
std::set<SourceHint> source_hints_now(Knowledge& knowledge, const Plan& plan) {
  struct stat status {};
  const char* source = plan.command.source.c_str();
  if (::stat(source, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto content = read_content(knowledge, source, status, file_clock_now());
  if (!content) return {};
  return {content_hint(content->digest), content_hint(content->code)};
}

std::optional<SourceHint> source_hint_of(const ManifestEntry& entry, const Plan& plan) {
  const std::uint64_t relative = short_hash(without_dots(plan.command.source));
  const std::uint64_t absolute = short_hash(absolute_path(plan.command.source, plan.here.physical));
  for (const auto* files : {&entry.plain_files, &entry.files}) {
    const auto source = std::ranges::find_if(*files, [&](const auto& file) { return file.path == relative || file.path == absolute; });
    if (source != files->end()) return source->hint;
  }
  return std::nullopt;
}

void append(std::vector<ManifestEntry>& all, std::optional<std::string_view> manifest) {
  auto entries = manifest ? decode_manifest(*manifest) : std::nullopt;
  if (entries) std::ranges::move(*entries, std::back_inserter(all));
}

void append(std::vector<ManifestEntry>& all, Knowledge& knowledge, const std::string& key) {
  append(all, knowledge.text(key));
  append(all, knowledge.text_above(key));
}

/// `entries`: the oldest first.
void keep_by_source(Knowledge& knowledge, const Plan& plan, SourceHint hint, std::vector<ManifestEntry> entries) {
  const std::string key = key_by_source(plan, hint);
  std::vector<ManifestEntry> kept;
  append(kept, knowledge.text(key));
  std::erase_if(entries, [&](const ManifestEntry& one) { return std::ranges::find(kept, one.result, &ManifestEntry::result) != kept.end(); });
  if (entries.empty()) return;
  kept.insert(kept.begin(), std::move_iterator(entries.rbegin()), std::move_iterator(entries.rend()));
  if (kept.size() > kMaxManifestEntries) kept.resize(kMaxManifestEntries);
  knowledge.note_manifest(key, encode_manifest(kept), text_of(plan.parts));
}

}  // namespace

std::vector<ManifestEntry> manifest_of(Knowledge& knowledge, const Plan& plan) {
  std::vector<ManifestEntry> all;
  append(all, knowledge, manifest_key(plan.first_key));
  if (all.size() < kMaxManifestEntries) return all;
  for (const SourceHint hint : source_hints_now(knowledge, plan)) append(all, knowledge, key_by_source(plan, hint));
  return all;
}

FactCheck fact_check(Knowledge& knowledge, const Plan& plan) {
  return {knowledge, [&plan](const ManifestEntry& entry) { return place_digest(plan.here, plan.command, plan.terminal, entry); }};
}

bool reads_below_map(Knowledge& knowledge, const Plan& plan, const ManifestEntry& entry) {
  const std::vector<std::string>& roots = plan.command.mapped_roots;
  const auto is_mapped = [&](const ManifestEntry::StoredFile& file) {
    const char* path = roots.empty() ? nullptr : knowledge.path(file.path);
    return path != nullptr && std::ranges::any_of(roots, [&](const std::string& root) { return is_at_or_below(path, root); });
  };
  return std::ranges::any_of(entry.plain_files, is_mapped) || std::ranges::any_of(entry.files, is_mapped);
}

std::optional<ManifestEntry> find_result(Knowledge& knowledge, const Plan& plan) {
  std::vector<ManifestEntry> known = manifest_of(knowledge, plan);
  FactCheck check = fact_check(knowledge, plan);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!check.holds(known[i])) continue;
    if (!known[i].directory_counts && reads_below_map(knowledge, plan, known[i])) continue;
    ManifestEntry found = known[i];
    // One that was found by its source stays where it is. Otherwise every hit of a configure script would write a manifest.
    const bool is_to_be_first = i != 0 && i < kMaxManifestEntries;
    if (check.has_fresh_stamps() || is_to_be_first) note_in_manifest(knowledge, plan, std::move(known), found);
    return found;
  }
  return std::nullopt;
}

void note_in_manifest(Knowledge& knowledge, const Plan& plan, std::vector<ManifestEntry> known, ManifestEntry entry) {
  std::erase_if(known, [&](const ManifestEntry& other) { return other.result == entry.result; });
  known.insert(known.begin(), std::move(entry));
  std::map<SourceHint, std::vector<ManifestEntry>> by_source;
  for (; known.size() > kMaxManifestEntries; known.pop_back()) {
    if (const auto hint = source_hint_of(known.back(), plan)) by_source[*hint].push_back(std::move(known.back()));
  }
  knowledge.note_manifest(manifest_key(plan.first_key), encode_manifest(known), text_of(plan.parts));
  for (auto& [hint, entries] : by_source) keep_by_source(knowledge, plan, hint, std::move(entries));
}

}  // namespace zccache::cc
