#include "progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace zccache::bench {

Progress::Progress() : on_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& text) {
  if (!on_terminal_) return;
  constexpr const char* kClearLine = "\r\033[K";
  fmt::print(stderr, "{}{}", kClearLine, text.empty() ? text : heading_ + text);
  std::fflush(stderr);
}

}  // namespace zccache::bench
