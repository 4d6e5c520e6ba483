// What the processor is, for compilers that ask it.
#pragma once

#include <string>

namespace zccache::cc {

/// All that a compiler told "native" could find out: family, model, features, caches. A trap to the hypervisor for each leaf in a virtual
/// machine, some microseconds each.
[[nodiscard]] std::string whole_processor();

/// What a C library chooses its mathematics by. LLVM folds constants with the library of the machine it runs on, and one bit may differ.
[[nodiscard]] std::string processor_level();

}  // namespace zccache::cc
