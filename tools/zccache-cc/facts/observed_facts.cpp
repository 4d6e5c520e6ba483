#include "zccache-cc/facts/observed_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/descriptor.hpp"
#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/loader_cache.hpp"
#include "zccache-cc/facts/read_content.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

using observe::Call;
using observe::Event;

/// What programs look at without their result depending on it.
constexpr std::array<std::string_view, 14> kHarmless = {"/dev/null",
                                                        "/dev/zero",
                                                        "/dev/urandom",
                                                        "/dev/random",
                                                        "/dev/tty",
                                                        "/proc/self",
                                                        "/proc/thread-self",
                                                        "/proc/filesystems",
                                                        "/proc/sys/vm/overcommit_memory",
                                                        "/proc/meminfo",
                                                        "/sys/kernel/mm/transparent_hugepage",
                                                        "/sys/devices/system/cpu",
                                                        "/sys/fs/cgroup",
                                                        "/var/run/nscd"};
/// Where what is read is no file, but the state of something.
constexpr std::array<std::string_view, 3> kNoFiles = {"/proc/", "/sys/", "/dev/"};

/// Of these it is known that they get at variables by getenv(3) or by a name that stands in them. Others may be interpreters.
constexpr std::array<std::string_view, 21> kPlainPrograms = {"gcc",   "g++",      "cc",   "c++",         "cc1",     "cc1plus", "cc1obj",
                                                             "clang", "clang++",  "as",   "ld",          "ld.bfd",  "ld.gold", "ld.lld",
                                                             "lld",   "collect2", "lto1", "lto-wrapper", "objcopy", "f951",    "cpp"};

constexpr const char* kGivenTime = "SOURCE_DATE_EPOCH";

bool is_harmless(std::string_view path) {
  return std::ranges::any_of(kHarmless, [&](std::string_view harmless) { return is_at_or_below(path, harmless); });
}

bool is_no_file(std::string_view path) {
  return std::ranges::any_of(kNoFiles, [&](std::string_view place) { return path.starts_with(place); });
}

/// "x86_64-linux-gnu-gcc-12" -> "gcc"; "clang-14" -> "clang"
std::string_view plain_name(std::string_view path) {
  std::string_view name = file_name(path);
  const std::size_t end = name.find_last_not_of("0123456789.");
  if (end != std::string_view::npos && end + 1 < name.size() && name[end] == '-') name = name.substr(0, end);
  if (std::ranges::find(kPlainPrograms, name) != kPlainPrograms.end()) return name;
  return name.substr(name.rfind('-') + 1);
}

FileStamp stamp_of(const observe::FileStatus& status) {
  return {
      .size = status.size, .modified_ns = status.modified_ns, .changed_ns = status.changed_ns, .inode = status.inode, .device = status.device};
}

/// What one path was asked about, and what the answers were.
struct Asked {
  std::string path;
  bool only_relative = true;  ///< nobody spelled it from the root
  bool ours = false;          ///< the run made it, or put another file in its place
  bool in_place = false;      ///< it wrote into the file that was there
  bool opened = false;
  bool executed = false;
  bool status = false;
  bool found_link = false;  ///< by lstat or readlink
  bool found_no_link = false;
  bool listed = false;
  bool absent = false;
  std::vector<unsigned> allowed;                 ///< access(2) with these modes
  std::vector<std::pair<unsigned, int>> failed;  ///< mode, or 0 for opening, and the error
  std::optional<observe::FileStatus> found;      ///< what the path led to, when that was seen first
};

class FactsOfRun {
 public:
  FactsOfRun(const observe::Observation& observation, const ObservedRun& run, Knowledge& knowledge)
      : observation_(observation), run_(run), knowledge_(knowledge) {}

  Expected<ObservedFacts> collect() {
    if (observation_.how == observe::Mode::off) return Uncacheable{Counter::not_observed, "the kernel lets nobody observe it"};
    if (!observation_.unstorable.empty()) return Uncacheable{Counter::other_effects, observation_.unstorable.front()};
    if (observation_.clock_zone_opened && !shows_given_time_only()) return Uncacheable{Counter::clock, "it depends on the clock"};
    for (const Event& event : observation_.events) {
      if (!why_not_) take(event);
    }
    if (!why_not_) collect_outputs();
    for (const Asked& asked : asked_) {
      if (!why_not_ && !asked.ours) settle(asked);
    }
    if (!why_not_ && times_are_compared_) settle_times();
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
  void refuse_change(const std::string& path) { refuse(Counter::file_changed, path + " changed while it was compiled, or just before"); }

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

  // --- What was asked

  Asked& asked_about(const std::string& path) {
    const auto [place, is_new] = index_.try_emplace(path, asked_.size());
    if (is_new) asked_.emplace_back().path = path;
    return asked_[place->second];
  }

  void take(const Event& event) {
    const std::string path = without_dots(event.path);
    if (is_harmless(path)) return;
    if (is_no_file(path) && event.error == 0) return refuse_effect("it uses " + path);
    Asked& asked = asked_about(path);
    asked.only_relative &= event.spelled.empty() || event.spelled[0] != '/';
    switch (event.call) {
      case Call::open_write:
        return take_write(asked, event);
      case Call::rename:
        return take_rename(asked, event);
      case Call::remove:
        return take_remove(asked, event);
      case Call::make:
        if (event.error == EEXIST) {
          asked.status = true;
          return;
        }
        return refuse_effect("it makes " + path);
      case Call::change:
        if (!asked.ours) refuse_effect("it changes " + path);
        return;
      case Call::change_directory:
        return;
      default:
        if (!asked.ours) take_question(asked, event);
    }
  }

  void take_write(Asked& asked, const Event& event) {
    // A compiler tries a longer name first, for a temporary file beside its output.
    if (event.error == ENAMETOOLONG) return;
    if (event.error != 0) return refuse_effect("it cannot write " + asked.path);
    const bool makes_it_anew = (event.flags & (O_TRUNC | O_EXCL)) != 0;
    if (!makes_it_anew && !asked.ours) return refuse_effect("it updates " + asked.path + " in place");
    if (!asked.ours) asked.in_place = event.existed;
    make_ours(asked);
  }

  void take_rename(Asked& from, const Event& event) {
    if (event.error != 0) return refuse_effect("it cannot rename " + from.path);
    if (!from.ours) return refuse_effect("it renames " + from.path);
    Asked& to = asked_about(without_dots(event.target));
    to.in_place = false;
    make_ours(to);
  }

  void take_remove(Asked& asked, const Event& event) {
    if (asked.ours) return;
    if (event.error == ENOENT) {
      asked.absent = true;
      return;
    }
    if (event.error != 0) return refuse_effect("it cannot remove " + asked.path);
    removed_.push_back(asked.path);
    make_ours(asked);
  }

  // What was asked about an output before it was written is no question, if nothing was there or a plain file: those make no difference.
  static void make_ours(Asked& asked) { asked.ours = true; }

  void take_question(Asked& asked, const Event& event) {
    if (event.error != 0) return take_failure(asked, event);
    switch (event.call) {
      case Call::open_read:
        asked.opened = true;
        break;
      case Call::execute:
        asked.executed = true;
        break;
      case Call::status:
        asked.status = true;
        break;
      case Call::link_status:
        if (S_ISLNK(event.status.mode)) {
          asked.found_link = true;
          return;
        }
        asked.status = true;
        asked.found_no_link |= S_ISDIR(event.status.mode);
        break;
      case Call::read_link:
        asked.found_link = true;
        return;
      case Call::list:
        asked.listed = true;
        break;
      case Call::access:
        if (std::ranges::find(asked.allowed, event.mode) == asked.allowed.end()) asked.allowed.push_back(event.mode);
        break;
      default:
        return;
    }
    if (event.call == Call::access && event.status.inode == 0) return;
    if (!asked.found) asked.found = event.status;
    // Two answers to one question: somebody changed it meanwhile.
    if (stamp_of(*asked.found) != stamp_of(event.status) && S_ISREG(event.status.mode)) refuse_change(asked.path);
  }

  static void take_failure(Asked& asked, const Event& event) {
    if (event.error == ENOENT || event.error == ENOTDIR) {
      asked.absent = true;
    } else if (event.call == Call::read_link && event.error == EINVAL) {
      asked.found_no_link = true;
    } else {
      const std::pair<unsigned, int> failure{event.call == Call::access ? event.mode : event.call == Call::execute ? X_OK : 0, event.error};
      if (std::ranges::find(asked.failed, failure) == asked.failed.end()) asked.failed.push_back(failure);
    }
  }

  // --- What it left

  void collect_outputs() {
    for (const Asked& asked : asked_) {
      if (!asked.ours) continue;
      struct stat status {};
      if (::lstat(asked.path.c_str(), &status) != 0) {
        if (std::ranges::find(removed_, asked.path) != removed_.end()) refuse_effect("it removes " + asked.path);
        continue;
      }
      if (!S_ISREG(status.st_mode)) return refuse_effect("it makes " + asked.path + ", which is no regular file");
      facts_.outputs.push_back({asked.path, asked.in_place});
      changed_directories_.push_back(asked.path.substr(0, asked.path.rfind('/')));
    }
  }

  // --- What is certain

  std::string name_for(const Asked& asked) const { return name_for(asked.path, asked.only_relative); }
  std::string name_for(const std::string& path, bool relative) const {
    const std::string& here = run_.directory;
    if (!relative || path.size() <= here.size() + 1 || !is_at_or_below(path, here)) return relative && path == here ? "." : path;
    return path.substr(here.size() + 1);
  }

  void add(FactKind kind, const Asked& asked, std::uint64_t value = 0, unsigned argument = 0) {
    if (!holds_now(kind, static_cast<std::uint8_t>(argument), value, asked.path.c_str())) return refuse_change(asked.path);
    facts_.facts.push_back(
        {.kind = kind, .argument = static_cast<std::uint8_t>(argument), .value = value, .path = name_for(asked), .content = {}});
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

  /// `#pragma GCC dependency` asks for nothing but what an #include asks for; then the time of every file that was read counts.
  void settle_times() {
    for (const Asked& asked : asked_) {
      struct stat now {};
      if (asked.ours || !asked.opened || is_shared_library(asked.path) || asked.path == kLoaderCache) continue;
      if (::stat(asked.path.c_str(), &now) == 0 && S_ISREG(now.st_mode)) add(FactKind::status, asked, hash_of_status(now));
    }
  }

  void settle_link(const Asked& asked) {
    const auto target = hash_of_link(asked.path.c_str());
    struct stat link {};
    if (!target || ::lstat(asked.path.c_str(), &link) != 0 || !is_settled(cc::stamp_of(link), run_.start_ns)) return refuse_change(asked.path);
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
    if (stamp_of(*asked.found) != cc::stamp_of(now) || !is_settled(cc::stamp_of(now), run_.start_ns)) return refuse_change(asked.path);
    if (asked.opened || asked.executed) settle_content(asked, now);
    const bool is_read = asked.opened || asked.executed;
    if ((asked.status && !is_read) || (asked.status && run_.times_count)) add(FactKind::status, asked, hash_of_status(now));
  }

  void settle_listing(const Asked& asked, const struct stat& now) {
    const auto listing = hash_of_listing(asked.path.c_str());
    if (!listing || !is_settled(cc::stamp_of(now), run_.start_ns)) return refuse_change(asked.path);
    add(FactKind::listing, asked, *listing);
  }

  void settle_content(const Asked& asked, const struct stat& now) {
    const auto content = read_content(knowledge_, asked.path.c_str(), now, run_.start_ns);
    if (!content) return refuse_change(asked.path);
    const FactKind kind = asked.found_no_link ? FactKind::plain_content : FactKind::content;
    facts_.facts.push_back({.kind = kind, .argument = 0, .value = 0, .path = name_for(asked), .content = content->digest});
    const bool is_image = asked.executed || is_shared_library(asked.path);
    if (is_image) facts_.programs.images.push_back({asked.path, content->digest});
    if (asked.executed) settle_program(asked);
    times_are_compared_ = times_are_compared_ || (!is_image && content->may_compare_times);
  }

  void settle_program(const Asked& asked) {
    const tools::Descriptor file(::open(asked.path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 2> start{};
    const bool is_script = ::pread(file.get(), start.data(), start.size(), 0) == 2 && start[0] == '#' && start[1] == '!';
    if (is_script && !run_.scripts_count) return refuse(Counter::script, asked.path + " is a script");
    if (is_shared_library(asked.path)) return;  // the loader, which the kernel opens
    const std::string_view name = plain_name(asked.path);
    if (is_script || std::ranges::find(kPlainPrograms, name) == kPlainPrograms.end()) facts_.programs.everything_counts = true;
  }

  void settle_permission(const Asked& asked, unsigned mode) {
    const bool shown_by_content = (asked.opened && (mode & ~unsigned{R_OK}) == 0) || (asked.executed && (mode & ~unsigned{R_OK | X_OK}) == 0);
    if (!shown_by_content) add(FactKind::permission, asked, 0, mode);
  }

  // --- What was not there

  void settle_absent() {
    std::map<std::string, AbsentNames> by_directory;
    for (const Asked* asked : absent_) {
      const auto [directory, name] = nearest(asked->path);
      const std::string missing = (directory == "/" ? "" : directory) + "/" + name;
      if (is_quiet(directory) && lacks(directory, name)) {
        by_directory[name_for(directory, asked->only_relative)].names.push_back(name);
        continue;
      }
      // A link that leads nowhere, or a file in the place of a directory: asked again each time.
      struct stat link {};
      const bool is_plain = ::lstat(missing.c_str(), &link) != 0 && errno == ENOENT;
      add_absent(is_plain ? missing : asked->path, asked->only_relative);
    }
    for (auto& [directory, absent] : by_directory) {
      struct stat status {};
      const std::string path = directory[0] == '/' ? directory : run_.directory + "/" + directory;
      if (::stat(path.c_str(), &status) != 0 || !is_settled(cc::stamp_of(status), run_.start_ns)) return refuse_change(path);
      std::ranges::sort(absent.names);
      absent.names.erase(std::ranges::unique(absent.names).begin(), absent.names.end());
      facts_.absent.push_back(
          {.directory = directory, .stamp = hash_of_directory_stamp(cc::stamp_of(status)), .names = std::move(absent.names)});
    }
  }

  void add_absent(const std::string& path, bool relative) {
    std::string name = name_for(path, relative);
    const auto is_same = [&](const Fact& fact) { return fact.kind == FactKind::absent && fact.path == name; };
    if (std::ranges::any_of(facts_.facts, is_same)) return;
    if (!holds_now(FactKind::absent, 0, 0, path.c_str())) return refuse_change(path);
    facts_.facts.push_back({.kind = FactKind::absent, .argument = 0, .value = 0, .path = std::move(name), .content = {}});
  }

  /// The last directory on the way that is there, and the name that is missing in it.
  std::pair<std::string, std::string> nearest(const std::string& path) {
    for (std::string rest = path;;) {
      const std::size_t slash = rest.rfind('/');
      std::string directory = slash == 0 ? "/" : rest.substr(0, slash);
      if (directory == "/" || exists(directory)) return {std::move(directory), rest.substr(slash + 1)};
      rest = std::move(directory);
    }
  }

  bool exists(const std::string& directory) { return status_of(directory).has_value(); }

  /// Whether its stamp will prove for some time that nothing appeared there: nothing did since the start, and no output lies there.
  bool is_quiet(const std::string& directory) {
    const auto& status = status_of(directory);
    return status && S_ISDIR(status->st_mode) && is_settled(cc::stamp_of(*status), run_.start_ns) && directory != run_.directory &&
           std::ranges::find(changed_directories_, directory) == changed_directories_.end();
  }

  /// Whether a directory has no such name, not even a link that leads nowhere. It is read once: most names are asked for in a few directories.
  bool lacks(const std::string& directory, const std::string& name) {
    const auto [place, is_new] = names_.try_emplace(directory);
    if (is_new) {
      auto names = names_in(directory.c_str());
      if (!names) return false;
      place->second = std::unordered_set<std::string>(std::make_move_iterator(names->begin()), std::make_move_iterator(names->end()));
    }
    return place->second && !place->second->contains(name);
  }

  const std::optional<struct stat>& status_of(const std::string& directory) {
    const auto [place, is_new] = directories_.try_emplace(directory);
    struct stat status {};
    if (is_new && ::stat(directory.c_str(), &status) == 0) place->second = status;
    return place->second;
  }

  // --- What no file shows

  void settle_loader_cache() {
    if (!reads_loader_cache_) return;
    std::vector<std::string> libraries;
    for (const Fact& fact : facts_.facts) {
      if (has_content(fact.kind) && is_shared_library(fact.path)) libraries.emplace_back(file_name(fact.path));
    }
    const std::uint64_t hash = hash_of_loader_cache(std::move(libraries));
    facts_.facts.push_back({.kind = FactKind::loader_cache, .argument = 0, .value = hash, .path = std::string(kLoaderCache), .content = {}});
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
    counted.erase(std::ranges::unique(counted).begin(), counted.end());
  }

  bool appears_in_a_path(std::string_view value) const {
    constexpr std::size_t kShortest = 2;
    return value.size() >= kShortest &&
           std::ranges::any_of(asked_, [&](const Asked& asked) { return !asked.only_relative && asked.path.find(value) != std::string::npos; });
  }

  const observe::Observation& observation_;
  const ObservedRun& run_;
  Knowledge& knowledge_;
  ObservedFacts facts_;
  std::optional<Uncacheable> why_not_;
  std::deque<Asked> asked_;  // references stay valid while it grows
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> removed_;
  std::vector<const Asked*> absent_;
  std::vector<std::string> changed_directories_;
  std::unordered_map<std::string, std::optional<struct stat>> directories_;
  std::unordered_map<std::string, std::optional<std::unordered_set<std::string>>> names_;  ///< of directories
  bool reads_loader_cache_ = false;
  bool times_are_compared_ = false;
};

}  // namespace

Expected<ObservedFacts> facts_of(const observe::Observation& observation, const ObservedRun& run, Knowledge& knowledge) {
  return FactsOfRun(observation, run, knowledge).collect();
}

}  // namespace zccache::cc
