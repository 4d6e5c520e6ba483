// Checkouts of one project share what they compile although debug information names their directories: a prefix map takes the names out.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/command/working_directory.hpp"

namespace zccache::cc {

/// What stands for a checkout's root in what is compiled with ZCCACHE_PATH_REMAP. A debugger finds the sources by
/// `set substitute-path /checkout /where/they/are`.
inline constexpr std::string_view kMappedRoot = "/checkout";

/// The root of the checkout that `directory` is in: the nearest one upwards that has a .git. Empty: none. A system call for each level.
[[nodiscard]] std::string checkout_root(std::string_view directory);

/// Has the compiler write kMappedRoot for `root` wherever it writes a path, as its first option: a map of the command's own goes before it.
/// False, and nothing is changed, where a symlink to the working directory hides the root.
bool map_root(std::string_view root, const WorkingDirectory& here, std::vector<char*>& argv, std::deque<std::string>& kept);

/// Takes the name of the working directory out of the arguments of maps that replace it, and notes in `command` what is left of it to count.
/// Nothing changes where two maps would replace it, or none replaces each of its names. New words are in `kept`.
void leave_out_mapped_directory(Command& command, const WorkingDirectory& here, std::deque<std::string>& kept);

}  // namespace zccache::cc
