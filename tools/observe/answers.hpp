// What the kernel is about to answer, found out by asking it the same as the same user a moment before.
//
// Needed where a call was stopped before it is made. Asks nothing that would change anything: no device or pipe is opened.
#pragma once

#include <string>

#include "observe/observer.hpp"

namespace zccache::observe {

struct Answer {
  int error = 0;
  FileStatus status;
};

/// `path` is one that this process can follow: Place::reach.
[[nodiscard]] Answer answer_to_status(const std::string& path, bool follow);
[[nodiscard]] Answer answer_to_open_read(const std::string& path, int flags);
/// The status is of what is there before; with no links where there is nothing.
[[nodiscard]] Answer answer_to_open_write(const std::string& path, int flags);
[[nodiscard]] Answer answer_to_execute(const std::string& path, bool follow);
[[nodiscard]] int answer_to_access(const std::string& path, unsigned mode, int flags);
[[nodiscard]] int answer_to_read_link(const std::string& path, std::string& target);
/// Of what takes a name away or makes one: both need to write to the directory that holds it.
[[nodiscard]] int answer_to_change_of_directory_of(const std::string& path);

}  // namespace zccache::observe
