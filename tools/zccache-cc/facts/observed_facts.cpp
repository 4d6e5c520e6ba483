#include "zccache-cc/facts/observed_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <tuple>
#include <utility>

#include "common/descriptor.hpp"
#include "zccache-cc/facts/absent_names.hpp"
#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/archive_times.hpp"
#include "zccache-cc/facts/comments.hpp"
#include "zccache-cc/facts/loader_cache.hpp"
#include "zccache-cc/facts/mapped_file.hpp"
#include "zccache-cc/facts/plain_programs.hpp"
#include "zccache-cc/facts/questions.hpp"
#include "zccache-cc/facts/read_content.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// What programs read to know the language of the user and the system that they run on: nothing that is compiled.
bool is_of_machine(std::string_view path) {
  constexpr std::array<std::string_view, 3> kPlaces = {"/etc/", "/usr/lib/locale/", "/usr/share/locale/"};
  return path.ends_with("/gconv/gconv-modules.cache") ||
         std::ranges::any_of(kPlaces, [&](std::string_view place) { return path.starts_with(place); });
}

constexpr const char* kGivenTime = "SOURCE_DATE_EPOCH";

class FactsOfRun {
 public:
  FactsOfRun(const observe::Observation& observation, const ObservedRun& run, Knowledge& knowledge)
      : observation_(observation), run_(run), knowledge_(knowledge) {}

  Expected<ObservedFacts> collect() {
    if (observation_.how == observe::Mode::off) return Uncacheable{Counter::not_observed, "the kernel lets nobody observe it"};
    if (!observation_.unstorable.empty()) return Uncacheable{Counter::other_effects, observation_.unstorable.front()};
    if (observation_.clock_zone_opened && !shows_given_time_only()) return Uncacheable{Counter::clock, "it depends on the clock"};
    why_not_ = questions_.take(observation_.events);
    if (!why_not_) collect_outputs();
    for (const Asked& asked : questions_.all()) {
      if (!why_not_ && !asked.ours) settle(asked);
    }
    if (!why_not_) settle_times();
    if (!why_not_) settle_absent();
    if (!why_not_) settle_loader_cache();
    if (!why_not_) collect_variables();
    if (why_not_) return std::move(*why_not_);
    sort();
    return std::move(facts_);
  }

 private:
  void refuse(Counter counter, std::string why) {
    if (!why_not_) why_not_ = Uncacheable{counter, std::move(why)};
  }
  void refuse_effect(const std::string& what) { refuse(Counter::other_effects, what); }
  void refuse_change(const std::string& path) {
    if (!why_not_) why_not_ = changed_meanwhile(path);
  }

  /// Whether every moment that was made a date is the one that the build names: what it shows is then no clock.
  bool shows_given_time_only() const {
    const char* given = std::getenv(kGivenTime);
    if (given == nullptr || !observation_.variables_complete || observation_.moments.empty()) return false;
    return std::ranges::all_of(observation_.moments, [&](std::int64_t moment) { return std::to_string(moment) == given; });
  }

  /// Processes that run beside one another ask in another order each time.
  void sort() {
    std::ranges::sort(facts_.facts, {}, [](const Fact& fact) { return std::tie(fact.path, fact.kind, fact.argument, fact.value); });
    std::ranges::sort(facts_.programs.images, {}, &Programs::Image::path);
  }

  // --- What it left

  void collect_outputs() {
    for (const Asked& asked : questions_.all()) {
      if (!asked.ours) continue;
      struct stat status {};
      if (::lstat(asked.path.c_str(), &status) != 0) {
        if (std::ranges::find(questions_.removed(), asked.path) != questions_.removed().end()) refuse_effect("it removes " + asked.path);
        continue;
      }
      if (!S_ISREG(status.st_mode)) return refuse_effect("it makes " + asked.path + ", which is no regular file");
      facts_.outputs.push_back({asked.path, asked.in_place});
      if (asked.opened) settle_rewritten(asked);
      if (asked.new_only || (asked.absent && run_.goes_on_from_outputs))
        facts_.facts.push_back({.kind = FactKind::absent, .argument = 0, .value = 0, .path = name_for(asked)});
      const MappedFile content(asked.path.c_str());
      if (is_archive_with_times(content.bytes())) refuse(Counter::clock, "the archive has the times of its members; ar's D leaves them out");
      const bool holds_times = times_known_by(content.bytes()) == KnowsTimes::of_what_is_asked;
      facts_.shows_times |= holds_times && !run_.leaves_times_out;
      busy_directories_.push_back(asked.path.substr(0, asked.path.rfind('/')));
    }
  }

  /// What it reads and then writes has to be what it was. That is known where it was read before the start.
  void settle_rewritten(const Asked& asked) {
    const auto before = knowledge_.content(stamp_of(*asked.found));
    if (!before || !is_settled(stamp_of(*asked.found), run_.start_ns)) return refuse_effect("it reads " + asked.path + ", and then writes it");
    facts_.facts.push_back(
        {.kind = FactKind::content, .argument = 0, .value = 0, .path = name_for(asked), .content = before->digest, .code = before->digest});
  }

  // --- What is certain

  std::string name_for(const Asked& asked) const { return name_for(asked.path, asked.only_relative); }
  std::string name_for(const std::string& path, bool relative) const {
    const std::string& here = run_.directory;
    if (!relative && moves_along(path)) return std::filesystem::path(path).lexically_relative(here).native();
    if (!relative || path.size() <= here.size() + 1 || !is_at_or_below(path, here)) return relative && path == here ? "." : path;
    return path.substr(here.size() + 1);
  }

  /// Whether this absolute path is one that the compiler made of its working directory.
  bool moves_along(std::string_view path) const {
    return !run_.base.empty() && is_at_or_below(path, run_.base) && path.find("/.") == std::string_view::npos;
  }

  void add(FactKind kind, const Asked& asked, std::uint64_t value = 0, unsigned argument = 0) {
    if (!holds_now(kind, static_cast<std::uint8_t>(argument), value, asked.path.c_str())) return refuse_change(asked.path);
    facts_.facts.push_back({.kind = kind, .argument = static_cast<std::uint8_t>(argument), .value = value, .path = name_for(asked)});
  }

  void settle(const Asked& asked) {
    if (asked.path == kLoaderCache) {
      reads_loader_cache_ = asked.opened;
      return;
    }
    if (asked.absent) {
      if (asked.found) return refuse_change(asked.path);
      absent_.push_back(&asked);
    }
    if (asked.found_link) settle_link(asked);
    if (asked.found) settle_found(asked);
    for (const unsigned mode : asked.allowed) settle_permission(asked, mode);
    for (const auto& [mode, error] : asked.failed) add(FactKind::failure, asked, static_cast<std::uint64_t>(error), mode);
  }

  /// `#pragma GCC dependency` asks for nothing but what an #include asks for, and what goes into a precompiled header of clang is read as for
  /// any other compile: then the time of every file that was read counts. Where one is used, those that were asked for; its own is only kept by
  /// others that were made of it.
  void settle_times() {
    const bool all_count = compares_times_ || facts_.shows_times;
    if (!all_count && syntax_trees_.empty()) return;
    for (const Asked& asked : questions_.all()) {
      struct stat now {};
      if (asked.ours || !asked.opened || is_shared_library(asked.path) || asked.path == kLoaderCache) continue;
      if (!all_count && (!asked.status || (syntax_trees_.size() == 1 && syntax_trees_.front() == &asked))) continue;
      if (::stat(asked.path.c_str(), &now) == 0 && S_ISREG(now.st_mode)) add(FactKind::status, asked, hash_of_status(now));
    }
  }

  void settle_link(const Asked& asked) {
    const auto target = hash_of_link(asked.path.c_str());
    struct stat link {};
    if (!target || ::lstat(asked.path.c_str(), &link) != 0 || !is_settled(stamp_of(link), run_.start_ns)) return refuse_change(asked.path);
    add(FactKind::link, asked, *target);
  }

  void settle_found(const Asked& asked) {
    struct stat now {};
    if (::stat(asked.path.c_str(), &now) != 0) return refuse_change(asked.path);
    if (S_ISDIR(now.st_mode)) {
      add(FactKind::directory, asked);
      if (asked.found_no_link) add(FactKind::no_link, asked);
      if (asked.listed) settle_listing(asked, now);
      return;
    }
    if (!S_ISREG(now.st_mode)) return refuse_effect("it uses " + asked.path + ", which is no regular file");
    if (stamp_of(*asked.found) != stamp_of(now) || !is_settled(stamp_of(now), run_.start_ns)) return refuse_change(asked.path);
    if (asked.opened || asked.executed) settle_content(asked, now);
    const bool is_read = asked.opened || asked.executed;
    if (asked.status && !is_read) add(FactKind::status, asked, hash_of_status(now));
  }

  void settle_listing(const Asked& asked, const struct stat& now) {
    const auto listing = hash_of_listing(asked.path.c_str());
    if (!listing || !is_settled(stamp_of(now), run_.start_ns)) return refuse_change(asked.path);
    add(FactKind::listing, asked, *listing);
  }

  void settle_content(const Asked& asked, const struct stat& now) {
    const auto content = read_content(knowledge_, asked.path.c_str(), now, run_.start_ns);
    if (!content) return refuse_change(asked.path);
    const FactKind kind = asked.found_no_link ? FactKind::plain_content : FactKind::content;
    const bool is_apart = asked.executed || content->is_elf || is_of_machine(asked.path);
    Fact fact{.kind = kind,
              .path = name_for(asked),
              .content = content->digest,
              .is_text = !is_apart && is_named_like_text(asked.path),
              .code = content->digest};
    if (fact.is_text) {
      fact.code = content->code;
      fact.only_defines = content->only_defines;
    } else if (!is_apart) {
      facts_.may_read_bytes = true;  // what it does with it is not known
    }
    facts_.facts.push_back(std::move(fact));
    facts_.may_read_bytes |= content->may_read_bytes || content->times != KnowsTimes::no;
    if (asked.executed) settle_program(asked);
    if (asked.executed || is_shared_library(asked.path)) {
      facts_.programs.images.push_back({asked.path, content->digest});
      return;
    }
    if (content->times == KnowsTimes::of_what_is_asked) syntax_trees_.push_back(&asked);
    if (content->times == KnowsTimes::of_what_is_read) compares_times_ = true;
  }

  void settle_program(const Asked& asked) {
    const tools::Descriptor file(::open(asked.path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 2> start{};
    const bool is_script = ::pread(file.get(), start.data(), start.size(), 0) == 2 && start[0] == '#' && start[1] == '!';
    if (is_script && !run_.scripts_count) return refuse(Counter::script, asked.path + " is a script");
    if (is_shared_library(asked.path)) return;  // the loader, which the kernel opens
    if (is_script || !is_plain_program(asked.path)) facts_.programs.everything_counts = true;
  }

  void settle_permission(const Asked& asked, unsigned mode) {
    const bool shown_by_content = (asked.opened && (mode & ~unsigned{R_OK}) == 0) || (asked.executed && (mode & ~unsigned{R_OK | X_OK}) == 0);
    if (!shown_by_content) add(FactKind::permission, asked, 0, mode);
  }

  // --- What was not there

  void settle_absent() {
    busy_directories_.push_back(run_.directory);
    AbsentNameProofs proofs(run_.start_ns, std::move(busy_directories_));
    for (const Asked* asked : absent_) {
      if (const auto path = proofs.add(asked->path, asked->only_relative)) add_absent(*path, asked->only_relative);
    }
    for (AbsentNameProofs::Proof& proof : proofs.proofs()) {
      facts_.absent.push_back({.directory = name_for(proof.directory, proof.relative), .stamp = proof.stamp, .names = std::move(proof.names)});
    }
  }

  void add_absent(const std::string& path, bool relative) {
    std::string name = name_for(path, relative);
    const auto is_same = [&](const Fact& fact) { return fact.kind == FactKind::absent && fact.path == name; };
    if (std::ranges::any_of(facts_.facts, is_same)) return;
    if (!holds_now(FactKind::absent, 0, 0, path.c_str())) return refuse_change(path);
    facts_.facts.push_back({.kind = FactKind::absent, .argument = 0, .value = 0, .path = std::move(name)});
  }

  // --- What no file shows

  void settle_loader_cache() {
    if (!reads_loader_cache_) return;
    std::vector<std::string> libraries;
    for (const Fact& fact : facts_.facts) {
      if (has_content(fact.kind) && is_shared_library(fact.path)) libraries.emplace_back(file_name(fact.path));
    }
    const std::uint64_t hash = hash_of_loader_cache(std::move(libraries));
    facts_.facts.push_back({.kind = FactKind::loader_cache, .argument = 0, .value = hash, .path = std::string(kLoaderCache)});
  }

  void collect_variables() {
    std::vector<std::string>& counted = facts_.programs.asked;
    for (const std::string& name : observation_.variables_asked) {
      if (!is_harmless_variable(name)) counted.push_back(name);
    }
    for (char* const* variable = environ; *variable != nullptr; ++variable) {
      const std::string_view whole = *variable;
      const std::size_t equals = whole.find('=');
      const std::string_view name = whole.substr(0, equals);
      if (equals == std::string_view::npos || !is_harmless_variable(name)) continue;
      if (appears_in_a_path(whole.substr(equals + 1))) counted.emplace_back(name);
    }
    if (observation_.clock_zone_opened) counted.emplace_back(kGivenTime);
    std::ranges::sort(counted);
    counted.erase(std::unique(counted.begin(), counted.end()), counted.end());
  }

  bool appears_in_a_path(std::string_view value) const {
    constexpr std::size_t kShortest = 2;
    return value.size() >= kShortest && std::ranges::any_of(questions_.all(), [&](const Asked& asked) {
             return !asked.only_relative && !moves_along(asked.path) && asked.path.find(value) != std::string::npos;
           });
  }

  const observe::Observation& observation_;
  const ObservedRun& run_;
  Knowledge& knowledge_;
  ObservedFacts facts_;
  std::optional<Uncacheable> why_not_;
  Questions questions_;
  std::vector<const Asked*> absent_;
  std::vector<std::string> busy_directories_;  ///< where outputs lie
  bool reads_loader_cache_ = false;
  bool compares_times_ = false;             ///< a text that was read does
  std::vector<const Asked*> syntax_trees_;  ///< precompiled headers and modules of clang that were read
};

}  // namespace

Expected<ObservedFacts> facts_of(const observe::Observation& observation, const ObservedRun& run, Knowledge& knowledge) {
  return FactsOfRun(observation, run, knowledge).collect();
}

}  // namespace zccache::cc
