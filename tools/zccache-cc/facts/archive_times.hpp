// Archives that say when their members were made: times that are no fact of whoever made the archive.
#pragma once

#include <string_view>

namespace zccache::cc {

/// Whether these are the bytes of an archive of ar in which any member has a time. Those that ar makes by `D`, the default of most systems,
/// have none.
[[nodiscard]] bool is_archive_with_times(std::string_view bytes) noexcept;

}  // namespace zccache::cc
