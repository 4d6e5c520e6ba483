// $ZCCACHE_LOG: one line for each decision, and the library's warnings between them.
#pragma once

#include <zccache/log.hpp>

#include <string_view>

namespace zccache::cc {

/// From now on this file gets our lines and those of the library, in the library's format. One that cannot be opened is done without.
void open_decision_log(const char* file);

/// Does nothing where there is no log.
void log_decision(LogLevel level, std::string_view line);
inline void log_decision(std::string_view line) { log_decision(LogLevel::info, line); }

}  // namespace zccache::cc
