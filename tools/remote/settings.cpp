#include "remote/settings.hpp"

#include <cstdlib>
#include <cstring>

namespace zccache::remote {
namespace {

const char* value_of(const char* variable) noexcept {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

void read_millis(const char* variable, std::chrono::milliseconds& setting) noexcept {
  constexpr long kLongest = 3'600'000;
  const char* const text = value_of(variable);
  if (text == nullptr) return;
  char* end = nullptr;
  const long millis = std::strtol(text, &end, 10);
  if (*end == '\0' && millis > 0 && millis <= kLongest) setting = std::chrono::milliseconds(millis);
}

}  // namespace

RemoteSettings RemoteSettings::from_environment() noexcept {
  RemoteSettings settings;
  settings.server = value_of("ZCCACHE_REMOTE");
  if (settings.server == nullptr) return settings;
  if (const char* name_space = value_of("ZCCACHE_NAMESPACE")) settings.name_space = name_space;
  const char* const mode = value_of("ZCCACHE_REMOTE_MODE");
  settings.writes = mode != nullptr && std::strcmp(mode, "write") == 0;
  read_millis("ZCCACHE_REMOTE_DEADLINE_MS", settings.deadline);
  read_millis("ZCCACHE_REMOTE_IDLE_MS", settings.idle);
  return settings;
}

}  // namespace zccache::remote
