// Compiler launchers, each with a cache of its own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"

namespace zccache::bench {

/// A launcher. The destructor stops what it left running.
class Launcher {
 public:
  virtual ~Launcher() = default;
  [[nodiscard]] virtual std::string name() const = 0;

  /// The same command through the launcher.
  [[nodiscard]] virtual Command wrap(Command command) const = 0;

  /// Begins with an empty cache.
  virtual void start_afresh() = 0;

  /// Returns when all that was compiled since then is in the cache: `stored` objects.
  virtual void settle(std::size_t /*stored*/) {}

  /// Since it began afresh.
  [[nodiscard]] virtual std::size_t hits() const = 0;
};

/// Those that this machine has; caches lie below `directory`.
[[nodiscard]] std::vector<std::unique_ptr<Launcher>> all_launchers(const std::filesystem::path& directory);

/// The others: "sccache (not in $PATH)".
[[nodiscard]] std::vector<std::string> missing_launchers();

}  // namespace zccache::bench
