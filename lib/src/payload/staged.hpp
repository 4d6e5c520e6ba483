// Files that a living process is still writing below objects/, told from those that a dead one left behind.
#pragma once

#include <filesystem>

namespace zccache {

/// Says, for as long as the descriptor is open, that its file is being written. By a lock of the kernel's: nothing is stale after a kill, a
/// restart or a copy, and process ids of other containers do not matter. Where the file system has none, only the file's age protects it.
void mark_as_being_written(int fd) noexcept;

/// Whether nobody writes it any more. A file younger than a minute is left alone: it may have been made and not yet marked.
[[nodiscard]] bool is_left_behind(const std::filesystem::path& path) noexcept;

}  // namespace zccache
