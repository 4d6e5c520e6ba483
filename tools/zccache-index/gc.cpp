// gc: evicts what is over the limits, and removes what belongs to nothing.
#include <fmt/core.h>
#include <zccache/eviction.hpp>

#include <string>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "common/progress.hpp"
#include "open_index.hpp"
#include "work_directory.hpp"

namespace zccache::index_tool {
namespace {

EvictionPolicy policy_of(const GcOptions& options) {
  std::vector<std::string> complaints;
  EvictionPolicy policy = EvictionPolicy::from_environment(&complaints);
  if (!complaints.empty()) throw tools::UsageError(complaints.front());
  if (!options.max_size.empty()) {
    const auto size = SizeLimit::parse(options.max_size);
    if (!size) throw tools::UsageError(fmt::format("--max-size takes 500M, 5Gi or 10%, not '{}'", options.max_size));
    policy.max_size = *size;
  }
  if (!options.max_age.empty()) {
    const auto age = parse_duration(options.max_age);
    if (!age) throw tools::UsageError(fmt::format("--max-age takes 90s, 12h or 7d, not '{}'", options.max_age));
    policy.max_age = *age;
  }
  return policy;
}

struct Row {
  const char* name;  ///< in JSON
  const char* label;
  std::uint64_t CollectionReport::*value;
  bool bytes;
};

constexpr Row kRows[] = {
    {"entries_before", "entries", &CollectionReport::entries_before, false},
    {"evicted", "evicted for size", &CollectionReport::evicted, false},
    {"expired", "evicted for age", &CollectionReport::expired, false},
    {"dangling", "without payload", &CollectionReport::dangling, false},
    {"orphans", "payloads without entry", &CollectionReport::orphans, false},
    {"stale_temporaries", "stale temporaries", &CollectionReport::stale_temporaries, false},
    {"max_bytes", "limit", &CollectionReport::max_bytes, true},
    {"bytes_before", "on disk before", &CollectionReport::bytes_before, true},
    {"bytes_after", "on disk after", &CollectionReport::bytes_after, true},
};

void show_json(const CollectionReport& report, bool dry_run) {
  tools::Json document;
  document["dry_run"] = dry_run;
  for (const Row& row : kRows) document[row.name] = report.*row.value;
  tools::print_json(document);
}

void show_text(const CollectionReport& report, bool dry_run) {
  if (dry_run) fmt::print("nothing was changed; this would go:\n");
  for (const Row& row : kRows) {
    const std::uint64_t value = report.*row.value;
    const bool unlimited = row.value == &CollectionReport::max_bytes && value == 0;
    fmt::print("{:<24} {:>12}\n", row.label, unlimited ? "none" : row.bytes ? tools::human_bytes(value) : fmt::format("{}", value));
  }
}

}  // namespace

int gc(const Context& context, const GcOptions& options) {
  CollectionOptions collection;
  collection.policy = policy_of(options);
  collection.dry_run = options.dry_run;
  tools::Progress progress;
  collection.progress = [&progress](const CollectionProgress& now) { progress.show(now.phase, now.done, now.total); };
  ArtifactStore store = options.dry_run ? open_to_look(context) : open_to_change(context);
  if (!options.dry_run) {
    remove_left_behind(import_place(store.directory()));
    remove_left_behind(export_place());
  }
  auto collected = collect_garbage(store, collection);
  progress.clear();
  const CollectionReport report = std::move(collected).value();
  (context.json ? show_json : show_text)(report, options.dry_run);
  return tools::kGood;
}

}  // namespace zccache::index_tool
