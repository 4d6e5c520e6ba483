// The only file that knows which logging library there is.
#include "base/log.hpp"

#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY
#endif
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <memory>
#include <mutex>
#include <utility>

#include "base/file.hpp"
#include "base/fork.hpp"

namespace zccache {
namespace {

class Sink {
 public:
  // Never destroyed: a store in a static object may log when it goes.
  static Sink& instance() {
    static auto* sink = new Sink;
    return *sink;
  }

  [[nodiscard]] std::shared_ptr<const LogSink> current() {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  /// Returns the one before, so that it goes without the mutex: its destructor is not ours.
  std::shared_ptr<const LogSink> exchange(std::shared_ptr<const LogSink> next) {
    const std::lock_guard lock(mutex_);
    return std::exchange(current_, std::move(next));
  }

 private:
  friend ForkListener;
  // A thread that logs while another forks must not leave the child a mutex that nobody unlocks.
  void before_fork() noexcept { mutex_.lock(); }
  void after_fork_in_parent() noexcept { mutex_.unlock(); }
  void after_fork_in_child() noexcept { mutex_.unlock(); }

  std::mutex mutex_;
  std::shared_ptr<const LogSink> current_;
  const ForkListener fork_listener_{*this};  // last: sees the rest whole
};

// Made when the library is loaded: a fork in the middle of the first use would leave the child one that is never finished.
[[maybe_unused]] const Sink& made_at_load = Sink::instance();

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void set_log_sink(LogSink sink) {
  auto next = sink ? std::make_shared<const LogSink>(std::move(sink)) : nullptr;
  const auto before = Sink::instance().exchange(std::move(next));
}

LogSink file_log_sink(const std::filesystem::path& file) {
  // Created by us first, for the mode; a failure shows when the library's own open fails.
  (void)open_file(file, O_WRONLY | O_CREAT | O_APPEND);
  try {
    auto logger = std::make_shared<spdlog::logger>("zccache", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string()));
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e [%P] %l: %v");
    logger->set_level(spdlog::level::debug);
    logger->flush_on(spdlog::level::debug);
    return [logger](LogLevel level, std::string_view line) { logger->log(spdlog_level(level), "{}", line); };
  } catch (const spdlog::spdlog_ex&) {
    return {};  // a log that cannot be written must not become an error of its own
  }
}

namespace log {

void write(LogLevel level, const std::string& line) {
  if (const auto sink = Sink::instance().current()) (*sink)(level, line);
}

}  // namespace log
}  // namespace zccache
