// Where damaged files are set aside, for a person to look at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/held_directory.hpp"

namespace zccache {

inline constexpr std::size_t kQuarantineFiles = 8;
inline constexpr std::uint64_t kQuarantineBytes = std::uint64_t{256} << 20;

/// Gives `file`, which is in the directory, a second name in the quarantine; it stays where it is. Over the caps the oldest files there go,
/// each with a warning in the log. Returns the new name relative to the cache directory, empty (and logged) where it could not be done: that
/// must not stop a recovery.
std::string set_aside(const HeldDirectory& held, const std::filesystem::path& file);

}  // namespace zccache
