// The team's server, for commands that are about nothing else.
#pragma once

#include "common/outcome.hpp"
#include "remote/settings.hpp"

namespace zccache::index_tool {

/// Throws where no server is configured.
[[nodiscard]] inline remote::RemoteSettings team_settings() {
  const auto settings = remote::RemoteSettings::from_environment();
  if (settings.server == nullptr) throw tools::UsageError("no server is named: set ZCCACHE_REMOTE, see docs/teams.md");
  return settings;
}

}  // namespace zccache::index_tool
