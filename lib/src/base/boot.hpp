// Which boot of which kernel this is: a live index is a map of memory only as long as the machine runs.
#pragma once

#include <array>
#include <cstdint>

#include <zccache/result.hpp>

namespace zccache {

using BootId = std::array<std::uint8_t, 16>;

/// /proc/sys/kernel/random/boot_id. Three system calls at the first time in a process, about 5 us. Errors: io, not_found (no /proc).
[[nodiscard]] result<BootId> current_boot_id();

}  // namespace zccache
