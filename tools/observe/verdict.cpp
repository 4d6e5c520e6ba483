#include "observe/verdict.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "common/paths.hpp"

namespace zccache::observe {
namespace {

using tools::is_at_or_below;

// Say how to behave on this machine, not what to make.
constexpr std::string_view kHarmless[] = {
    "/proc/self/maps",
    "/proc/self/exe",
    "/proc/self/status",
    "/proc/self/fd",  // the directory, and by readlink what a descriptor of its own is: the path that led to it was a question
    "/proc/sys/vm/overcommit_memory",
    "/proc/filesystems",
    "/proc/meminfo",
    "/sys/kernel/mm/transparent_hugepage",
    "/sys/devices/system/cpu/online",
    "/sys/fs/cgroup",
};
// By which linkers count the processors, where they optimise in several threads. Others learn from it which processor this is.
constexpr std::string_view kProcessors = "/proc/cpuinfo";
constexpr std::string_view kLinkers[] = {"ld", "ld.bfd", "ld.gold", "ld.lld"};

constexpr std::string_view kKernels[] = {"/proc", "/sys", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"};
constexpr std::string_view kHarmlessDevices[] = {"/dev/null", "/dev/urandom", "/dev/random", "/dev/zero"};

// "/proc/123/maps" of process 123 is "/proc/self/maps".
std::string as_self(const Event& event) {
  const std::string own = "/proc/" + std::to_string(event.process);
  return is_at_or_below(event.path, own) ? "/proc/self" + event.path.substr(own.size()) : event.path;
}

bool is_harmless(const Event& event) {
  const std::string path = as_self(event);
  if (is_at_or_below(path, "/proc/self/fd")) return event.call != Call::open_read || path == "/proc/self/fd";
  if (std::ranges::any_of(kHarmless, [&](std::string_view one) { return is_at_or_below(path, one); })) return true;
  // That something is there, or that it is not: the same on every Linux that has /proc.
  return is_at_or_below(path, "/proc") && (event.call == Call::status || event.call == Call::link_status) && !is_at_or_below(path, "/proc/sys");
}

bool asks_for_time_zone(const Event& event) {
  return event.call == Call::open_read && (event.path == "/etc/localtime" || event.path.find("/zoneinfo/") != std::string::npos);
}

// Perhaps with a version behind it: "ld.lld-14", but not "ld-linux-x86-64.so.2".
bool is_linker(std::string_view path) {
  const std::string_view name = tools::file_name(path);
  const std::size_t dash = name.find('-');
  const bool has_version = dash != std::string_view::npos && name.find_first_not_of("0123456789.", dash + 1) == std::string_view::npos;
  return std::ranges::find(kLinkers, has_version ? name.substr(0, dash) : name) != std::end(kLinkers);
}

// Errors that come and go, whatever is on the disk.
bool is_passing(int error) {
  constexpr int kPassing[] = {EMFILE, ENFILE, ENOMEM, EIO, EAGAIN, ESTALE, ENOSPC, EDQUOT, ETIMEDOUT, EBUSY, ENODEV};
  return std::ranges::find(kPassing, error) != std::end(kPassing);
}

class Judge {
 public:
  void hear(const Event& event) {
    if (is_passing(event.error)) refuse("was refused ", event.path + ": " + std::strerror(event.error));
    verdict_.clock_zone_opened |= asks_for_time_zone(event);
    if (event.call == Call::execute && event.error == 0 && is_linker(event.path)) linkers_.insert(event.process);
    switch (event.call) {
      case Call::open_read:
      case Call::execute:
      case Call::status:
      case Call::link_status:
      case Call::access:
      case Call::read_link:
      case Call::list:
        return hear_question(event);
      case Call::change_directory:
        return;
      default:
        if (event.error == 0) hear_change(event);
    }
  }

  Verdict end() {
    for (const auto& [path, mode] : written_) verdict_.outputs.push_back({path, mode});
    for (const std::string& path : taken_away_) refuse("removes ", path);
    for (const std::string& path : made_) refuse("makes a directory or a link: ", path);
    return std::move(verdict_);
  }

 private:
  void refuse(const char* what, const std::string& path) {
    std::string reason = what + path;
    if (std::ranges::find(verdict_.reasons, reason) == verdict_.reasons.end()) verdict_.reasons.push_back(std::move(reason));
  }

  void hear_question(const Event& event) {
    const bool of_kernel = std::ranges::any_of(kKernels, [&](std::string_view one) { return is_at_or_below(event.path, one); });
    const bool counts_processors = event.path == kProcessors && linkers_.contains(event.process);
    if (of_kernel && !is_harmless(event) && !counts_processors) refuse("asks the kernel for ", event.path);
    if (event.call != Call::open_read || event.error != 0) return;
    const bool harmless = std::ranges::find(kHarmlessDevices, event.path) != std::end(kHarmlessDevices);
    if ((S_ISCHR(event.status.mode) || S_ISBLK(event.status.mode)) && !harmless) refuse("reads a device: ", event.path);
    if (S_ISFIFO(event.status.mode)) refuse("reads a pipe: ", event.path);
  }

  void hear_change(const Event& event) {
    switch (event.call) {
      case Call::open_write:
        return hear_write(event);
      case Call::rename:
        return hear_rename(event);
      case Call::remove:
        return hear_remove(event);
      case Call::make:
        made_.insert(event.path);
        return;
      default:
        if (!written_.contains(event.path) && !made_.contains(event.path)) refuse("changes ", event.path);
    }
  }

  void hear_write(const Event& event) {
    // A shell opens its terminal to find out whether it has one; what it writes there is for a person.
    if (event.path == "/dev/null" || event.path == "/dev/tty") return;
    if (is_at_or_below(event.path, "/proc") || is_at_or_below(event.path, "/sys") || is_at_or_below(event.path, "/dev"))
      return refuse("writes to ", event.path);
    const bool own = written_.contains(event.path);
    if (!event.created && !own && (event.flags & O_TRUNC) == 0) refuse("updates in place ", event.path);
    if (!event.created && !own && event.status.links > 1) refuse("writes to a file of several names: ", event.path);
    if (!event.created && event.status.mode != 0 && !S_ISREG(event.status.mode)) refuse("writes to what is no file: ", event.path);
    written_.try_emplace(event.path, event.mode);
    taken_away_.erase(event.path);
  }

  void hear_rename(const Event& event) {
    if (auto file = written_.extract(event.path); !file.empty()) {
      written_.insert_or_assign(event.target, file.mapped());
    } else if (made_.erase(event.path) != 0) {
      made_.insert(event.target);
    } else {
      refuse("renames ", event.path);
    }
    taken_away_.erase(event.target);
  }

  void hear_remove(const Event& event) {
    const bool own = written_.erase(event.path) != 0 || made_.erase(event.path) != 0;
    if (!own || event.existed) taken_away_.insert(event.path);
  }

  Verdict verdict_;
  std::map<std::string, unsigned> written_;  ///< with the mode that was requested
  std::set<std::string> made_;
  std::set<std::string> taken_away_;
  std::set<int> linkers_;
};

}  // namespace

Verdict judge(const std::vector<Event>& events) {
  Judge judge;
  for (const Event& event : events) judge.hear(event);
  return judge.end();
}

}  // namespace zccache::observe
