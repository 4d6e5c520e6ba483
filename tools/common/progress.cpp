#include "common/progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace zccache::tools {
namespace {

constexpr const char* kBackToTheStart = "\r\033[K";
constexpr std::chrono::milliseconds kBetween{100};

}  // namespace

Progress::Progress(bool is_wanted) : is_wanted_(is_wanted && ::isatty(STDERR_FILENO) == 1) {}

void Progress::show(const char* what, std::uint64_t done, std::uint64_t total) {
  if (!is_wanted_) return;
  const auto now = std::chrono::steady_clock::now();
  if (what == shown_ && now < next_) return;  // what is new is shown at once
  shown_ = what;
  next_ = now + kBetween;
  const std::string of = total == 0 ? "" : fmt::format(" of {}", total);
  fmt::print(stderr, "{}{}: {}{}", kBackToTheStart, what, done, of);
}

void Progress::clear() {
  if (shown_ != nullptr) fmt::print(stderr, "{}", kBackToTheStart);
  shown_ = nullptr;
}

}  // namespace zccache::tools
