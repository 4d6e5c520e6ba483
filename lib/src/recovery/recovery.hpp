// Rebuilding the live index from what can be salvaged.
#pragma once

#include <cstddef>

#include <zccache/recovery.hpp>
#include <zccache/result.hpp>

#include "base/boot.hpp"
#include "base/held_directory.hpp"
#include "live/live_index.hpp"
#include "live/predecessor.hpp"

namespace zccache {

/// Puts a fresh generation in the place of `before`, which is what is at the live path. `why` is what attach said of it. Damaged files are set
/// aside before. Takes the directory's lock; requires the writer lock of `before`, and that the caller looked again after it got it.
/// Errors: not_found if something else is there by now; no_space, lock_timeout, unsupported_filesystem, io.
[[nodiscard]] result<LiveIndex> rebuild(const HeldDirectory& held, const BootId& boot, const OpenOptions& options, Distrust why,
                                        const Predecessor& before, RecoveryReport* report = nullptr);

}  // namespace zccache
