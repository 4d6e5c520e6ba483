// Whether what a run did can be given back from a cache: judged by its events alone.
#pragma once

#include <string>
#include <vector>

#include "observe/observer.hpp"

namespace zccache::observe {

struct Verdict {
  std::vector<std::string> reasons;  ///< why not, each once
  std::vector<Output> outputs;       ///< Observation::outputs
  bool clock_zone_opened = false;
};

[[nodiscard]] Verdict judge(const std::vector<Event>& events);

}  // namespace zccache::observe
