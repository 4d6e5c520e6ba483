// How far something has come: one line on standard error that replaces itself, where that is a terminal. Else nothing at all.
#pragma once

#include <chrono>
#include <cstdint>

namespace zccache::tools {

class Progress {
 public:
  explicit Progress(bool is_wanted = true);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Often called, seldom shown: ten times in a second. `total` 0: not known.
  void show(const char* what, std::uint64_t done, std::uint64_t total = 0);
  /// Before anything else is printed.
  void clear();

 private:
  bool is_wanted_;
  const char* shown_ = nullptr;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace zccache::tools
