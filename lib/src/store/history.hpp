// Adding to the history of a cache directory.
#pragma once

#include <zccache/history.hpp>

#include "base/directory.hpp"
#include "format/layout.hpp"

namespace zccache {

/// Adds what the header of the live index says after a flush. Requires the flusher lock. A history that cannot be written is none.
void append_history(const CacheDirectory& directory, const format::LiveHeader& header);

}  // namespace zccache
