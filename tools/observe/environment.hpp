// The environment of an observed command: the caller's, and the library to preload.
#pragma once

#include <string>
#include <vector>

#include "observe/shared_log.hpp"

namespace zccache::observe {

class Environment {
 public:
  /// As it is where the log is empty, there is no library, or `program` must not have one.
  Environment(char* const* envp, const char* program, const SharedLog& log);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] char* const* get() const noexcept { return variables_.data(); }
  [[nodiscard]] bool has_library() const noexcept { return !ring_.empty(); }

 private:
  std::string preload_;
  std::string ring_;
  std::vector<char*> variables_;
};

}  // namespace zccache::observe
