#include "payload/placement.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace zccache {

result<void> Placement::put(AtomicFile& staged, const std::filesystem::path& target) {
  // Noted first: from here on nothing but the two calls below can fail.
  Place& place = places_.emplace_back(Place{.target = target, .old_file = unique_name_beside(target)});
  // A second name for the old file instead of an exchange of the two, which not every file system can do. A kill before keep() leaves that name
  // to the collector: it is that of a temporary, and no living process has the file locked.
  if (::link(target.c_str(), place.old_file.c_str()) != 0) {
    const int why = errno;
    place.old_file.clear();
    if (why != ENOENT) {
      places_.pop_back();
      return system_failure(target.string(), why);
    }
  }
  auto placed = staged.commit(target);
  if (placed) return placed;
  if (!place.old_file.empty()) ::unlink(place.old_file.c_str());
  places_.pop_back();
  return placed;
}

void Placement::keep() noexcept {
  for (const Place& place : places_) {
    if (!place.old_file.empty()) ::unlink(place.old_file.c_str());
  }
  places_.clear();
}

Placement::~Placement() {
  // Where this fails as well, the old entry has lost its payload, and the next one who wants it has a miss.
  for (const Place& place : places_) {
    (void)(place.old_file.empty() ? ::unlink(place.target.c_str()) : std::rename(place.old_file.c_str(), place.target.c_str()));
  }
}

}  // namespace zccache
