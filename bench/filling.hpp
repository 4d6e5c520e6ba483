// What all snapshots together write while a build fills an index.
#pragma once

#include "benchmark.hpp"

namespace zccache::bench {

inline constexpr const char* kFilling = "snapshots of a build that fills it";
inline constexpr const char* kLastSnapshot = "floor: the last snapshot";

/// Bytes written, in real time: the default policy decides, and beside it a store that writes a snapshot every 5 s.
[[nodiscard]] Rows measure_filling(const Context& context);

}  // namespace zccache::bench
