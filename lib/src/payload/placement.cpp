#include "payload/placement.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "payload/payload_files.hpp"

namespace zccache {

result<bool> Placement::remember(const std::filesystem::path& target) {
  // Noted first: from here on nothing but the system calls can fail.
  Place& place = places_.emplace_back(Place{.target = target, .old_file = unique_name_beside(target)});
  // A second name for the old file instead of an exchange of the two, which not every file system can do. A kill before keep() leaves that name
  // to the collector: it is that of a temporary, and no living process has the file locked.
  if (::link(target.c_str(), place.old_file.c_str()) == 0) return true;
  const int why = errno;
  place.old_file.clear();
  if (why == ENOENT) return false;
  places_.pop_back();
  return system_failure(target.string(), why);
}

void Placement::forget_last() noexcept {
  if (!places_.back().old_file.empty()) ::unlink(places_.back().old_file.c_str());
  places_.pop_back();
}

result<void> Placement::put(AtomicFile& staged, const std::filesystem::path& target) {
  if (auto remembered = remember(target); !remembered) return remembered.error();
  auto placed = staged.commit(target);
  if (!placed) forget_last();
  return placed;
}

result<void> Placement::move(const std::filesystem::path& from, const std::filesystem::path& target) {
  const bool is_there = ::access(from.c_str(), F_OK) == 0;
  if (!is_there && errno != ENOENT) return system_failure(from.string());
  if (!is_there && !is_inside(target)) return {};  // nor is anything of ours at the target
  if (is_there) {
    if (auto made = make_folders_of(target); !made) return made;
  }
  const auto remembered = remember(target);
  if (!remembered) return remembered.error();
  if (!is_there && !*remembered) {
    forget_last();
    return {};
  }
  if ((is_there ? std::rename(from.c_str(), target.c_str()) : ::unlink(target.c_str())) == 0) return {};
  const int why = errno;
  forget_last();
  return system_failure(target.string(), why);
}

void Placement::keep() noexcept {
  for (const Place& place : places_) {
    if (!place.old_file.empty()) ::unlink(place.old_file.c_str());
  }
  places_.clear();
}

void Placement::take_back() noexcept {
  // Where this fails as well, the old entry has lost its payload, and the next one who wants it has a miss.
  for (const Place& place : places_) {
    (void)(place.old_file.empty() ? ::unlink(place.target.c_str()) : std::rename(place.old_file.c_str(), place.target.c_str()));
  }
  places_.clear();
}

Placement::~Placement() { take_back(); }

}  // namespace zccache
