// The process that launchers ask: one for each cache directory and server.
#pragma once

#include <filesystem>

#include "remote/settings.hpp"

namespace zccache::remote {

/// Listens until nobody has asked for a while, or the cache directory is gone. Returns at once where another process does so already. Closes
/// kReadyDescriptor as soon as questions can be asked. Returns the exit code.
[[nodiscard]] int serve(const std::filesystem::path& cache_directory, const RemoteSettings& settings);

}  // namespace zccache::remote
