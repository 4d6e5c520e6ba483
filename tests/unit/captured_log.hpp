// What the library logs while a test runs.
#pragma once

#include <zccache/log.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::test {

class CapturedLog {
 public:
  CapturedLog() {
    set_log_sink([this](LogLevel level, std::string_view line) {
      const std::lock_guard lock(mutex_);
      if (level >= LogLevel::warning) warnings_.emplace_back(line);
    });
  }
  ~CapturedLog() { set_log_sink({}); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  [[nodiscard]] std::size_t warnings() const {
    const std::lock_guard lock(mutex_);
    return warnings_.size();
  }
  [[nodiscard]] bool warned_of(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(warnings_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> warnings_;
};

}  // namespace zccache::test
