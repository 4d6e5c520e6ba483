// One line of log from inside the library, formatted only if somebody listens.
#pragma once

#include <zccache/log.hpp>

#include <string>

namespace zccache::log {

void write(LogLevel level, const std::string& line);

inline void warning(const std::string& line) { write(LogLevel::warning, line); }
inline void info(const std::string& line) { write(LogLevel::info, line); }

}  // namespace zccache::log
