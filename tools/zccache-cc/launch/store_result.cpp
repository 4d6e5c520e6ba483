#include "zccache-cc/launch/store_result.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "common/descriptor.hpp"
#include "zccache-cc/command/comments_count.hpp"
#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/fact_check.hpp"
#include "zccache-cc/facts/manifest.hpp"
#include "zccache-cc/facts/mapped_file.hpp"
#include "zccache-cc/facts/named_values.hpp"
#include "zccache-cc/facts/observed_facts.hpp"
#include "zccache-cc/facts/upload_mark.hpp"
#include "zccache-cc/facts/variables.hpp"
#include "zccache-cc/launch/lookup.hpp"
#include "zccache-cc/launch/outputs.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

bool contains(std::string_view bytes, std::string_view text) { return !text.empty() && bytes.find(text) != std::string_view::npos; }

/// What of the place of this compile can be seen in its result.
struct PlaceShown {
  bool directory = false;
  bool object_name = false;

  void look_in(std::string_view bytes, const Plan& plan) {
    directory = directory || contains(bytes, plan.here.physical) || contains(bytes, plan.here.logical) || contains(bytes, plan.base);
    for (const std::string& root : plan.command.mapped_roots) directory = directory || contains(bytes, root);
    object_name = object_name || contains(bytes, plan.command.object) || contains(bytes, plan.command.dependency_file);
  }
};

/// Turns facts into an entry of the manifest. Paths get their names in the index.
class EntryBuilder {
 public:
  EntryBuilder(Knowledge& knowledge, const ObservedFacts& observed) : knowledge_(knowledge), observed_(observed) {}

  /// Text counts by what this compile can see of it.
  void leave_out_unseen(const Plan& plan, std::int64_t start_ns) {
    entry_.comments_count = false;
    named_values_ = named_values(knowledge_, observed_.facts, plan.command.arguments, start_ns);
  }

  /// Over path and content of all files as they were, whatever of them counts. Once only.
  [[nodiscard]] ContentDigest compiled() { return compiled_.digest(); }

  Expected<ManifestEntry> build() {
    add_files(FactKind::plain_content, entry_.plain_files);
    add_files(FactKind::content, entry_.files);
    for (const Fact& fact : observed_.facts) {
      if (has_content(fact.kind)) continue;
      entry_.facts.push_back({.kind = fact.kind, .argument = fact.argument, .path = name(fact.path), .value = fact.value});
      if (fact.kind == FactKind::directory) identify(fact);
    }
    for (const AbsentNames& absent : observed_.absent) add_absent(absent);
    entry_.contents = contents_.digest();
    entry_.identities = identities_.hash();
    entry_.images = note_programs(knowledge_, observed_.programs);
    const auto variables = digest_of_variables(knowledge_, entry_.images);
    if (!variables) return Uncacheable{Counter::file_changed, "a program is gone that has just run"};
    entry_.variables = *variables;
    if (collides_) return Uncacheable{Counter::internal_error, "two paths have one hash"};
    return std::move(entry_);
  }

 private:
  std::uint64_t name(std::string_view path) {
    const auto hash = knowledge_.name(path);
    collides_ |= !hash;
    return hash.value_or(0);
  }

  void add_files(FactKind kind, std::vector<ManifestEntry::StoredFile>& files) {
    for (const Fact& fact : observed_.facts) {
      if (fact.kind != kind) continue;
      const std::uint64_t path = name(fact.path);
      const ContentDigest& counted = entry_.comments_count ? fact.content : counted_of(fact, path);
      files.push_back({.path = path, .hint = content_hint(counted)});
      contents_.add(fact.path, counted);
      compiled_.add(fact.path, fact.content);
      identify(fact);
    }
  }

  const ContentDigest& counted_of(const Fact& fact, std::uint64_t path) {
    const auto values = std::ranges::find(named_values_, std::string_view(fact.path), &NamedValues::path);
    if (values == named_values_.end()) return fact.code;
    values->stored.path = path;
    return entry_.definitions.emplace_back(values->stored).counted;
  }

  void identify(const Fact& fact) {
    struct stat status {};
    if (::stat(fact.path.c_str(), &status) == 0) identities_.add(stamp_of(status), fact.content);
  }

  void add_absent(const AbsentNames& absent) {
    ManifestEntry::StoredAbsentNames stored{.directory = name(absent.directory), .stamp = absent.stamp, .names = {}};
    for (const std::string& missing : absent.names) stored.names.push_back(short_name(missing));
    std::ranges::sort(stored.names);
    entry_.absent.push_back(std::move(stored));
  }

  Knowledge& knowledge_;
  const ObservedFacts& observed_;
  std::vector<NamedValues> named_values_;
  ManifestEntry entry_;
  ContentsHasher contents_;
  ContentsHasher compiled_;
  Identities identities_;
  bool collides_ = false;
};

/// Whether the compiler could have the name of that directory from elsewhere than its working directory: then a path below it need not be one
/// that moves along with the checkout. Searches the arguments, the environment, and what was read but for the files of the system.
bool is_told(std::string_view base, const Plan& plan, const ObservedFacts& observed) {
  if (std::ranges::any_of(plan.command.arguments, [&](std::string_view argument) { return contains(argument, base); })) return true;
  for (char* const* variable = environ; *variable != nullptr; ++variable) {
    const std::string_view whole = *variable;
    const std::string_view name = whole.substr(0, whole.find('='));
    if (name != "PWD" && name != "OLDPWD" && !is_harmless_variable(name) && !name.starts_with("ZCCACHE_") && contains(whole, base)) return true;
  }
  return std::ranges::any_of(observed.facts, [&](const Fact& fact) {
    return has_content(fact.kind) && !is_of_system(fact.path) && contains(MappedFile(fact.path.c_str()).bytes(), base);
  });
}

/// Whether an edit of comments may have another result. Where it printed something, that could be about a comment, or show the line.
bool comments_count(const Plan& plan, const observe::Observation& observation, const ObservedFacts& observed) {
  const bool is_plain = observation.output.empty() && observation.diagnostics.empty() && !observed.programs.everything_counts;
  if (!is_plain || observed.may_read_bytes || comments_may_count(plan.command, plan.family)) return true;
  const bool makes_more = std::ranges::any_of(observed.outputs, [](const ObservedFacts::Output& output) {
    return !output.path.ends_with(".o") && !output.path.ends_with(".lo") && !output.path.ends_with(".d");
  });
  const bool is_configured = std::ranges::any_of(
      observed.facts, [](const Fact& fact) { return has_content(fact.kind) && (fact.path.ends_with(".cfg") || fact.path.ends_with("specs")); });
  return makes_more || is_configured || std::getenv("CCC_OVERRIDE_OPTIONS") != nullptr;
}

/// The path of an output that is another one's file as well, by another spelling; empty where there is none.
std::string twice_the_same(const std::vector<ObservedFacts::Output>& outputs) {
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const ObservedFacts::Output& output : outputs) {
    struct stat status {};
    if (::stat(output.path.c_str(), &status) == 0 && !seen.emplace(status.st_dev, status.st_ino).second) return output.path;
  }
  return {};
}

/// Whether an output that is named like the object has its name from an argument of its own: with another object it would stay where it is.
bool names_itself(std::string_view name, const std::string& path, const Plan& plan) {
  const std::string_view file = file_name(path);
  return is_named_like_object(name) && std::ranges::any_of(plan.command.arguments, [&](std::string_view one) { return contains(one, file); });
}

/// Digest over what was compiled, `compiled` being its contents, without what is of one machine only: times, as long as the result does not
/// show them, and inodes.
ContentDigest result_key(const Plan& plan, const ManifestEntry& entry, const ContentDigest& compiled, bool shows_times) {
  Hasher hasher;
  hasher.add(plan.first_key).add(entry.variables).add(entry.place).add(compiled).add(entry.identities);
  for (const ManifestEntry::StoredFact& fact : entry.facts) {
    if ((fact.kind == FactKind::status && !shows_times) || fact.kind == FactKind::listing) continue;
    hasher.add(static_cast<std::uint64_t>(fact.kind)).add(fact.path).add(fact.kind == FactKind::loader_cache ? 0 : fact.value);
  }
  return hasher.digest();
}

}  // namespace

Expected<std::string> store_result(ArtifactStore& store, Knowledge& knowledge, const Plan& plan, const observe::Observation& observation,
                                   std::int64_t start_ns, bool scripts_count, bool goes_up) {
  ObservedRun run{.directory = plan.here.physical,
                  .base = plan.base,
                  .start_ns = start_ns,
                  .leaves_times_out = plan.command.leaves_times_out,
                  .goes_on_from_outputs = plan.rewrites,
                  .scripts_count = scripts_count};
  auto observed = facts_of(observation, run, knowledge);
  if (observed && !run.base.empty() && is_told(run.base, plan, *observed)) {
    run.base.clear();
    observed = facts_of(observation, run, knowledge);
  }
  if (!observed) return observed.error();
  EntryBuilder builder(knowledge, *observed);
  if (!scripts_count && !comments_count(plan, observation, *observed)) builder.leave_out_unseen(plan, start_ns);
  auto entry = builder.build();
  if (!entry) return std::move(entry).error();

  if (std::string path = twice_the_same(observed->outputs); !path.empty())
    return Uncacheable{Counter::unusual_output, "two outputs go to " + path};
  std::vector<OutputFile> outputs;
  std::uint64_t bytes = 0;
  PlaceShown shown;
  shown.look_in(observation.output, plan);
  shown.look_in(observation.diagnostics, plan);
  for (const auto& [path, written_in_place] : observed->outputs) {
    std::string name = output_name(path, plan.command, plan.here.physical);
    const MappedFile content(path.c_str());
    shown.object_name = shown.object_name || (!plan.command.object.empty() && (!follows_object(name) || names_itself(name, path, plan)));
    shown.look_in(content.bytes(), plan);
    bytes += content.bytes().size();
    outputs.push_back({.name = std::move(name), .path = path, .keeps_mode = written_in_place});
  }
  if (auto too_large = plan.refuse_size(bytes)) return *std::move(too_large);
  entry->directory_counts = shown.directory || reads_below_map(knowledge, plan, *entry);
  entry->object_name_counts = shown.object_name;
  entry->terminal_counts = !observation.diagnostics.empty();
  entry->place = place_digest(plan.here, plan.command, plan.terminal, *entry);
  entry->result = result_key(plan, *entry, builder.compiled(), observed->shows_times);
  entry->compile_millis = observation.wall_millis;

  std::string key = hex_of(entry->result);
  const auto stored = PayloadStore::from_environment(store).put(key, outputs, observation.output, observation.diagnostics);
  if (!stored) return Uncacheable{Counter::store_failed, stored.error().message()};
  // The result first: a manifest never leads to what is not there yet.
  if (goes_up) knowledge.note_text(upload_mark(entry->result), hex_of(plan.first_key));
  note_in_manifest(knowledge, plan, manifest_of(knowledge, plan), *std::move(entry));
  if (const auto noted = knowledge.commit(store); !noted) return Uncacheable{Counter::store_failed, noted.error().message()};
  return key;
}

}  // namespace zccache::cc
