// One list of what the kernel reported and what the library noted.
#pragma once

#include <vector>

#include "observe/observer.hpp"
#include "observe/recorder.hpp"

namespace zccache::observe {

/// In the order in which each process asked: what was reported stands before what was noted at its position or later.
/// A question that was asked before with the same answer is left out, as long as it changes nothing.
[[nodiscard]] std::vector<Event> merge(std::vector<StampedEvent> reported, std::vector<StampedEvent> noted);

}  // namespace zccache::observe
