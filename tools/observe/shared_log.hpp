// The observer's end of the log that the preloaded library writes.
#pragma once

#include <string>
#include <vector>

#include "common/descriptor.hpp"
#include "observe/observer.hpp"
#include "observe/recorder.hpp"
#include "observe/ring.hpp"

namespace zccache::observe {

/// What programs with the library noted.
struct Notes {
  std::vector<StampedEvent> events;
  std::vector<std::string> variables;  ///< each once
  std::vector<std::int64_t> moments;   ///< each once
  std::string damage;                  ///< why this is not all of it; empty if it is
};

class SharedLog {
 public:
  SharedLog() = default;
  ~SharedLog();
  SharedLog(SharedLog&& other) noexcept;
  SharedLog& operator=(SharedLog&&) = delete;
  SharedLog(const SharedLog&) = delete;

  /// In memory; empty where there is none to have.
  [[nodiscard]] static SharedLog create();

  [[nodiscard]] const LogHeader* header() const noexcept { return header_; }  ///< null if empty
  [[nodiscard]] std::string name() const;                                     ///< for kRingVariable

  /// Once nothing of the command runs any more. What stands there was written by programs that may have gone wrong: everything is checked.
  [[nodiscard]] Notes read() const;

 private:
  tools::Descriptor file_;
  LogHeader* header_ = nullptr;
};

}  // namespace zccache::observe
