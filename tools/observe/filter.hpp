// The seccomp filter: which calls stop.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace zccache::observe {

/// More descriptors than this are not compared: jumps are short.
inline constexpr int kMostInputs = 100;

/// Answers with `stop` (SECCOMP_RET_USER_NOTIF or SECCOMP_RET_TRACE) where the observer has to look, else lets through. Reads count
/// where they are of one of the `inputs`: descriptors that the command is started with.
[[nodiscard]] std::vector<sock_filter> make_filter(std::uint32_t stop, std::span<const int> inputs);

}  // namespace zccache::observe
