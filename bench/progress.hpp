// What is going on, on one line of a terminal. Silent where standard error is none.
#pragma once

#include <string>

namespace zccache::bench {

class Progress {
 public:
  Progress();
  ~Progress() { show({}); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What every line begins with.
  void set_heading(std::string heading) { heading_ = std::move(heading); }

  /// Replaces the line; an empty text clears it.
  void show(const std::string& text);

 private:
  bool on_terminal_;
  std::string heading_;
};

}  // namespace zccache::bench
