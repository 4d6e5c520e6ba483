// A cache directory, held open by a test.
#pragma once

#include <chrono>

#include "base/directory.hpp"
#include "base/held_directory.hpp"

namespace zccache::test {

inline HeldDirectory held(const CacheDirectory& directory) { return HeldDirectory::open(directory.path(), std::chrono::seconds(60)).value(); }

}  // namespace zccache::test
