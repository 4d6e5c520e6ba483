#include "zccache-cc/platform/decision_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>

namespace zccache::cc {
namespace {

int log_file = -1;  // stays open until the process ends or executes the compiler

const char* name_of(LogLevel level) {
  constexpr std::array kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

// "2026-01-31 12:00:00.123 [4711] "
std::string stamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm local{};
  ::localtime_r(&now.tv_sec, &local);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &local);
  std::array<char, 64> whole{};
  std::snprintf(whole.data(), whole.size(), "%s.%03ld [%d] ", date.data(), now.tv_nsec / 1'000'000, static_cast<int>(::getpid()));
  return whole.data();
}

}  // namespace

void open_decision_log(const char* file) {
  // Non-blocking: no build waits for whoever reads a FIFO.
  log_file = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (log_file >= 0) set_log_sink([](LogLevel level, std::string_view line) { log_decision(level, line); });
}

void log_decision(LogLevel level, std::string_view line) {
  if (log_file < 0) return;
  std::string whole = stamp();
  whole.append(name_of(level)).append(": ").append(line).append("\n");
  // In one call, so that the lines of parallel compiles stay whole.
  if (::write(log_file, whole.data(), whole.size()) < 0) log_file = -1;
}

}  // namespace zccache::cc
