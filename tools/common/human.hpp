// Numbers and names as a person likes to read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zccache::tools {

/// "0 B", "1.5 KiB", "12 MiB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

/// "412 ms", "3.2 s", "4 min 12 s", "2 h 5 min", "3 d 4 h".
[[nodiscard]] std::string human_duration(std::uint64_t millis);

/// Time since `then`, both in seconds: "5 s", "3 min", "2 h", "12 d". A time to come is "0 s".
[[nodiscard]] std::string human_age(std::uint64_t then, std::uint64_t now);

/// Seconds since the Unix epoch.
[[nodiscard]] std::uint64_t now_secs();

/// `text` with '?' for control bytes, so that what a cache holds cannot steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace zccache::tools
