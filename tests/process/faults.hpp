// Makes one system call of a process fail although nothing is wrong.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "process/tracee.hpp"

namespace zccache::test {

/// What a call returns instead of what it would have; kShort is a transfer of half of what was asked.
using Fault = int;
inline constexpr Fault kShort = 0;
inline constexpr std::array kFaults{ENOSPC, EIO, EINTR, EMFILE, ENOMEM, EDQUOT, kShort};

[[nodiscard]] std::string name_of(Fault fault);

struct FaultyRun {
  std::optional<SystemCall> hit;  ///< absent: there are fewer such calls
  int exit_code = 0;
};

/// Runs `body`, and between its begin_watching() and end_watching() makes the `n`th call (from 0) that the fault can hit fail with it.
[[nodiscard]] FaultyRun run_with_fault(const std::function<int()>& body, std::uint64_t n, Fault fault);

}  // namespace zccache::test
