// Where the library's warnings go. Silent until somebody asks.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace zccache {

enum class LogLevel { debug, info, warning, error };

/// Receives one line without a newline. May be called from any thread, under no lock of the library; must not call back into a store.
using LogSink = std::function<void(LogLevel, std::string_view line)>;

/// Replaces the sink of this process. An empty one makes the library silent again.
void set_log_sink(LogSink sink);

/// A sink that appends to `file` (created 0600) with time and process id.
[[nodiscard]] LogSink file_log_sink(const std::filesystem::path& file);

}  // namespace zccache
