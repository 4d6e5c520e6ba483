// What the environment asks of this launcher.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "observe/observer.hpp"
#include "remote/settings.hpp"

namespace zccache::cc {

struct Settings {
  std::filesystem::path directory;                       ///< empty: there is nowhere to put a cache
  const char* log_file = nullptr;                        ///< $ZCCACHE_LOG
  std::vector<std::string_view> base_directories;        ///< $ZCCACHE_BASEDIR: absolute paths, without slashes at their ends
  bool maps_root = false;                                ///< $ZCCACHE_PATH_REMAP is "auto"
  std::vector<std::string_view> upstreams;               ///< $ZCCACHE_UPSTREAM: in the order in which they are asked
  bool disabled = false;                                 ///< $ZCCACHE_DISABLE: straight to the compiler
  bool read_only = false;                                ///< $ZCCACHE_READONLY: serve, but change nothing
  bool recache = false;                                  ///< $ZCCACHE_RECACHE: compile and replace, look nothing up
  std::string_view programs;                             ///< $ZCCACHE_PROGRAMS: names separated by commas
  bool links = false;                                    ///< $ZCCACHE_LINK: cache links and archives as well
  std::uint64_t largest_link = std::uint64_t{64} << 20;  ///< $ZCCACHE_LINK_MAX_SIZE: bytes of its inputs, and of its outputs; 0: no limit
  observe::Mode observe = observe::Mode::automatic;      ///< $ZCCACHE_OBSERVE

  remote::RemoteSettings remote;  ///< $ZCCACHE_REMOTE and its like

  /// Whether the user says that this program, whatever it is, makes files from files: a script by a compiler's name, for one.
  [[nodiscard]] bool is_named_program(std::string_view name) const noexcept;

  /// Of an environment that `config::Configuration::load` has completed. What is not understood there counts as not set.
  [[nodiscard]] static Settings from_environment();
};

/// The compiler that this process was started by, if a launcher above us started one, or null.
[[nodiscard]] const char* running_compiler() noexcept;

/// Tells launchers below us which compiler runs, so that one that is a script around us cannot call itself for ever.
void set_running_compiler(const char* path) noexcept;

}  // namespace zccache::cc
