// Where a compile runs.
#pragma once

#include <string>

namespace zccache::cc {

struct WorkingDirectory {
  std::string physical;  ///< as the kernel names it; empty: unknown
  std::string logical;   ///< $PWD where that names the same directory, else as above

  [[nodiscard]] static WorkingDirectory current();
};

}  // namespace zccache::cc
