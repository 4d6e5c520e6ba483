// What keeping writers apart costs, in two ways that leave nothing behind when a writer is killed, and know no process ids.
#pragma once

#include <filesystem>

namespace zccache::bench {

/// Microseconds for each change under a byte lock of the kernel's, as our index has it: lock, a look whether the descriptor is still our file
/// and one whether the index is still the one at the path, unlock.
[[nodiscard]] double change_under_byte_lock(const std::filesystem::path& path);

/// Microseconds of all that a process does about the lock that changes an index once: open, look, lock, unlock, close.
[[nodiscard]] double only_change_under_byte_lock(const std::filesystem::path& path);

/// The same with a word in a mapped file, which takes no system call once it is mapped. So that others can tell whether its holder lives, the
/// process keeps a byte lock of its own for as long as it has the mapping: open, look, lock, map, keep forks out, close; then the word; unmap.
[[nodiscard]] double only_change_under_word(const std::filesystem::path& path);

}  // namespace zccache::bench
