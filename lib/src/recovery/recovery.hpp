// Rebuilding the live index from what can be salvaged.
#pragma once

#include <cstddef>

#include <zccache/recovery.hpp>
#include <zccache/result.hpp>

#include "base/boot.hpp"
#include "base/directory.hpp"
#include "live/live_index.hpp"

namespace zccache {

/// Puts a fresh generation in the place of whatever is at the live path. `why` is what attach said of it, `found` whether there was a file.
/// Damaged files are set aside before. Requires the writer lock, and that the caller looked again after it got it. Errors: no_space,
/// unsupported_filesystem, io.
[[nodiscard]] result<LiveIndex> rebuild(const CacheDirectory& directory, const BootId& boot, const OpenOptions& options, Distrust why,
                                        RecoveryReport* report = nullptr);

}  // namespace zccache
