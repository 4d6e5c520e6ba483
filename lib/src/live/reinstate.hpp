// Taking back what a writer did who was killed in the middle of a renewal.
#pragma once

#include "format/layout.hpp"

namespace zccache {

/// Makes a retired generation the current one again, its counters open. Requires its writer lock, and that it is at the live path: so whoever
/// retired it was killed before another file took its place, and nobody is about to put one there.
///
/// It is what it was before: a renewal changes nothing in it but these words, and the file that it filled has no name that anybody looks at.
/// Nor is any process misled. One that saw `retired` looked at the path, found this very file, and stayed with it. One that sees it cleared
/// stays as well, with the file that the next writer will change. And whoever asks later, after another renewal, sees it set again, for that
/// needs the lock too. A count that was refused because its counter was closed is still with the process that has it, and what the killed
/// writer had read of the counters went nowhere.
void reinstate(format::LiveHeader& header) noexcept;

}  // namespace zccache
