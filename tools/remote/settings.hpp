// What the environment says of a team's cache. Read alike by the launcher, which asks, and by zccache-remote, which knows servers.
#pragma once

#include <chrono>

namespace zccache::remote {

struct RemoteSettings {
  const char* server = nullptr;             ///< $ZCCACHE_REMOTE, a URL; null: no remote is configured
  const char* name_space = "";              ///< $ZCCACHE_NAMESPACE
  bool writes = false;                      ///< $ZCCACHE_REMOTE_MODE is "write"
  std::chrono::milliseconds deadline{900};  ///< $ZCCACHE_REMOTE_DEADLINE_MS: the longest that a compile waits for an answer
  std::chrono::milliseconds idle{60'000};   ///< $ZCCACHE_REMOTE_IDLE_MS: how long zccache-remote stays without a question

  [[nodiscard]] static RemoteSettings from_environment() noexcept;
};

}  // namespace zccache::remote
