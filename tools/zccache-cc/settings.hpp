// What the environment asks of this launcher.
#pragma once

#include <filesystem>

namespace zccache::cc {

struct Settings {
  std::filesystem::path directory;       ///< empty: there is nowhere to put a cache
  const char* log_file = nullptr;        ///< $ZCCACHE_LOG
  const char* base_directory = nullptr;  ///< $ZCCACHE_BASEDIR: an absolute path, or null
  const char* upstream = nullptr;        ///< $ZCCACHE_UPSTREAM
  bool disabled = false;                 ///< $ZCCACHE_DISABLE: straight to the compiler
  bool read_only = false;                ///< $ZCCACHE_READONLY: serve, but change nothing
  bool no_direct = false;                ///< $ZCCACHE_NODIRECT: preprocess, even where a manifest would do
  bool recache = false;                  ///< $ZCCACHE_RECACHE: compile and replace, look nothing up

  /// A switch is on when it is set, not empty and not "0".
  [[nodiscard]] static Settings from_environment();
};

/// The compiler that this process was started by, if a launcher above us started one, or null.
[[nodiscard]] const char* running_compiler() noexcept;

/// Tells launchers below us which compiler runs, so that one that is a script around us cannot call itself for ever.
void set_running_compiler(const char* path) noexcept;

}  // namespace zccache::cc
