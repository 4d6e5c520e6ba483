#include "zccache-cc/facts/questions.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

using observe::Call;
using observe::Event;

/// What programs look at without their result depending on it.
constexpr std::array<std::string_view, 15> kHarmless = {"/dev/null",
                                                        "/dev/zero",
                                                        "/dev/urandom",
                                                        "/dev/random",
                                                        "/dev/tty",
                                                        "/proc/self",
                                                        "/proc/thread-self",
                                                        "/proc/filesystems",
                                                        "/proc/sys/vm/overcommit_memory",
                                                        "/proc/meminfo",
                                                        "/proc/cpuinfo",  // where the observer lets it pass
                                                        "/sys/kernel/mm/transparent_hugepage",
                                                        "/sys/devices/system/cpu",
                                                        "/sys/fs/cgroup",
                                                        "/var/run/nscd"};
/// Where what is read is no file, but the state of something.
constexpr std::array<std::string_view, 3> kNoFiles = {"/proc/", "/sys/", "/dev/"};

bool is_harmless(std::string_view path) {
  return std::ranges::any_of(kHarmless, [&](std::string_view harmless) { return is_at_or_below(path, harmless); });
}

bool is_no_file(std::string_view path) {
  return std::ranges::any_of(kNoFiles, [&](std::string_view place) { return path.starts_with(place); });
}

bool is_lld(std::string_view path) { return file_name(path).starts_with("ld.lld"); }

}  // namespace

FileStamp stamp_of(const observe::FileStatus& status) noexcept {
  return {
      .size = status.size, .modified_ns = status.modified_ns, .changed_ns = status.changed_ns, .inode = status.inode, .device = status.device};
}

// Compilers ask about an output before they write it, and it makes no difference to them if nothing was there or a plain file. What was in it
// does make one, where that was read: it has to be what was there until now.
void Questions::make_ours(Asked& asked, const observe::FileStatus& before) {
  if (asked.opened && !asked.ours && stamp_of(*asked.found) != stamp_of(before) && !why_not_) why_not_ = changed_meanwhile(asked.path);
  asked.ours = true;
}

// So that another thread can let go of its bytes, lld opens the file that it replaces, after it found out what kind of file that is. It asks
// for that of no other.
bool Questions::opens_to_replace(const Asked& asked, const Event& event) const {
  return asked.looked_at_by == event.process && lld_.contains(event.process);
}

Uncacheable changed_meanwhile(const std::string& path) {
  return {Counter::file_changed, path + " changed while it was compiled, or just before"};
}

std::optional<Uncacheable> Questions::take(const std::vector<observe::Event>& events) {
  for (const Event& event : events) {
    if (!why_not_) take(event);
  }
  return why_not_;
}

void Questions::refuse(Counter counter, std::string why) {
  if (!why_not_) why_not_ = Uncacheable{counter, std::move(why)};
}

Asked& Questions::asked_about(const std::string& path) {
  const auto [place, is_new] = index_.try_emplace(path, asked_.size());
  if (is_new) asked_.emplace_back().path = path;
  return asked_[place->second];
}

void Questions::take(const Event& event) {
  const std::string path = without_dots(event.path);
  if (is_harmless(path)) return;
  if (is_no_file(path) && event.error == 0) return refuse_effect("it uses " + path);
  Asked& asked = asked_about(path);
  // realpath(3) asks from the root about what is opened by a relative name, and learns that it is no link.
  const bool is_no_link = event.call == Call::read_link && event.error == EINVAL;
  asked.only_relative &= event.spelled.empty() || event.spelled[0] != '/' || is_no_link;
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
      // A directory for temporary files. If it stays, it is an output that cannot be put back; what a link leads to would not be seen.
      if (event.error == 0 && event.target.empty() && (event.mode & S_IFMT) == 0) return make_ours(asked, event.status);
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

void Questions::take_write(Asked& asked, const Event& event) {
  // A compiler tries a longer name first, for a temporary file beside its output.
  if (event.error == ENAMETOOLONG) return;
  if (event.error != 0) return refuse_effect("it cannot write " + asked.path);
  const bool makes_it_anew = (event.flags & (O_TRUNC | O_EXCL)) != 0;
  if (!makes_it_anew && !asked.ours && !event.created) return refuse_effect("it updates " + asked.path + " in place");
  asked.new_only |= !makes_it_anew && !asked.ours;
  if (!asked.ours) asked.in_place = event.existed;
  make_ours(asked, event.status);
}

void Questions::take_rename(Asked& from, const Event& event) {
  if (event.error == EEXIST && asked_about(without_dots(event.target)).ours) return;
  if (event.error != 0) return refuse_effect("it cannot rename " + from.path);
  if (!from.ours) return refuse_effect("it renames " + from.path);
  Asked& to = asked_about(without_dots(event.target));
  to.in_place = false;
  make_ours(to, event.status);
}

void Questions::take_remove(Asked& asked, const Event& event) {
  if (asked.ours) return;
  if (event.error == ENOENT) {
    asked.absent = true;
    return;
  }
  if (event.error != 0) return refuse_effect("it cannot remove " + asked.path);
  removed_.push_back(asked.path);
  make_ours(asked, event.status);
}

void Questions::take_question(Asked& asked, const Event& event) {
  if (event.error != 0) return take_failure(asked, event);
  switch (event.call) {
    case Call::open_read:
      asked.opened |= !opens_to_replace(asked, event);
      break;
    case Call::execute:
      asked.executed = true;
      if (is_lld(asked.path)) lld_.insert(event.process);
      break;
    case Call::status:
      asked.status = true;
      asked.looked_at_by = event.process;
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
  if (stamp_of(*asked.found) != stamp_of(event.status) && S_ISREG(event.status.mode))
    why_not_ = why_not_ ? why_not_ : changed_meanwhile(asked.path);
}

void Questions::take_failure(Asked& asked, const Event& event) {
  if (event.error == ENOENT || event.error == ENOTDIR) {
    asked.absent = true;
  } else if (event.call == Call::read_link && event.error == EINVAL) {
    asked.found_no_link = true;
  } else {
    const std::pair<unsigned, int> failure{event.call == Call::access ? event.mode : event.call == Call::execute ? X_OK : 0, event.error};
    if (std::ranges::find(asked.failed, failure) == asked.failed.end()) asked.failed.push_back(failure);
  }
}

}  // namespace zccache::cc
