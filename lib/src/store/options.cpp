#include <zccache/options.hpp>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace zccache {
namespace {

/// Null and "" are the same: not set.
std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::uint64_t> number(const char* name) noexcept {
  const std::string_view text = variable(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

OpenOptions OpenOptions::from_environment() {
  constexpr std::uint64_t kYear = std::uint64_t{365} * 24 * 3600;  // longer intervals than that mean "never", and must not overflow
  OpenOptions options;
  if (const auto seconds = number("ZCCACHE_FLUSH_SECS")) options.flush_interval = std::chrono::seconds(std::min(*seconds, kYear));
  if (const auto changes = number("ZCCACHE_FLUSH_CHANGES")) options.flush_changes = *changes;
  options.allow_any_filesystem = parse_switch(variable("ZCCACHE_ALLOW_ANY_FS")).value_or(false);
  return options;
}

std::optional<bool> parse_switch(std::string_view text) noexcept {
  for (const char* on : {"1", "true", "yes", "on"}) {
    if (text == on) return true;
  }
  for (const char* off : {"", "0", "false", "no", "off"}) {
    if (text == off) return false;
  }
  return std::nullopt;
}

std::filesystem::path default_directory() {
  if (const auto dir = variable("ZCCACHE_DIR"); !dir.empty()) return dir;
  if (const auto caches = variable("XDG_CACHE_HOME"); !caches.empty()) return std::filesystem::path(caches) / "zccache-artifact";
  if (const auto home = variable("HOME"); !home.empty()) return std::filesystem::path(home) / ".cache" / "zccache-artifact";
  return {};
}

}  // namespace zccache
