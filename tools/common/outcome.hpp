// How every program of this project ends.
#pragma once

#include <stdexcept>

namespace zccache::tools {

enum ExitCode : int {
  kGood = 0,
  kNo = 1,        ///< absent, nothing to do, or damage found by a check
  kUsage = 2,     ///< asked in a way that can never work
  kCouldNot = 3,  ///< what and why is on stderr
};

/// The answer is "no": one line on stderr and exit code kNo.
class No : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line parsed but can never work: one line and the usage on stderr, exit code kUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace zccache::tools
