// What a benchmark asks of a store. One engine per file in engines/; each is listed once, in engines/all.cpp.
#pragma once

#include <zccache/artifact.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::bench {

/// A lookup and the answer that it must give.
struct Probe {
  static constexpr std::uint64_t kAbsent = std::numeric_limits<std::uint64_t>::max();
  std::string_view key;
  std::uint64_t total_size;  ///< bytes, or kAbsent
};

struct Entry {
  std::string key;
  Artifact artifact;
};

/// Looks up, for one thread. Failures throw, here and below.
class Reader {
 public:
  virtual ~Reader() = default;

  /// Looks up all probes and returns how many gave the answer they must give. The loop is inside, so that what is timed has no virtual call.
  [[nodiscard]] virtual std::size_t count_right(std::span<const Probe> probes) = 0;
  [[nodiscard]] virtual std::optional<Artifact> get(std::string_view key) = 0;
};

/// For Reader::count_right: `total_size_of` tells the total size for a key, or kAbsent.
template <class TotalSizeOf>
[[nodiscard]] std::size_t count_right_by(std::span<const Probe> probes, const TotalSizeOf& total_size_of) {
  std::size_t right = 0;
  for (const Probe& probe : probes) right += total_size_of(probe.key) == probe.total_size ? 1 : 0;
  return right;
}

/// A store that is attached. Its readers must be gone before it is.
class Session {
 public:
  virtual ~Session() = default;

  /// `style` is an index into Engine::reader_styles().
  [[nodiscard]] virtual std::unique_ptr<Reader> reader(std::size_t style = 0) = 0;

  virtual void insert_each(std::span<const Entry> entries) = 0;      ///< one change each; adds or replaces
  virtual void insert_together(std::span<const Entry> entries) = 0;  ///< one change for all
  virtual void flush() = 0;                                          ///< makes all changes survive a reboot
};

enum class Access { read_only, read_write };

/// What an engine can take part in.
struct Abilities {
  bool threads = true;    ///< several threads may have a reader each
  bool processes = true;  ///< several processes may have one directory open, and change it
  bool durable = true;    ///< a flush makes what a reboot leaves, and is its own
  std::size_t max_entries = std::numeric_limits<std::size_t>::max();
};

/// What must run beside an engine while its directory is in use.
class Service {
 public:
  virtual ~Service() = default;
};

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Abilities abilities() const { return {}; }

  /// The ways of looking up that its documentation offers, by a name each; the first is the one for a short-lived process.
  [[nodiscard]] virtual std::vector<std::string> reader_styles() const { return {""}; }

  /// Called once for a directory, before the first attach to it. Forks, if at all, only here.
  [[nodiscard]] virtual std::unique_ptr<Service> serve(const std::filesystem::path& /*directory*/, std::size_t /*expected_entries*/) const {
    return nullptr;
  }

  /// Opens the store in `directory`; with write access it is made where there is none. At most one session at a time in a process.
  [[nodiscard]] virtual std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access access) const = 0;

  /// The file or folder that lookups are made in while it is attached, and the one that survives a reboot.
  [[nodiscard]] virtual std::filesystem::path live_path(const std::filesystem::path& directory) const { return directory; }
  [[nodiscard]] virtual std::filesystem::path durable_path(const std::filesystem::path& directory) const { return directory; }

  /// Leaves of a store that nobody has open what a reboot leaves.
  virtual void reboot(const std::filesystem::path& /*directory*/) const {}
};

/// "lmdb, held"
[[nodiscard]] inline std::string styled_name(const Engine& engine, std::size_t style) {
  const std::string suffix = engine.reader_styles()[style];
  return suffix.empty() ? engine.name() : engine.name() + ", " + suffix;
}

inline constexpr const char* kOurs = "zccache";

/// Ours first, then the peers that this program was built with.
[[nodiscard]] std::vector<std::unique_ptr<Engine>> all_engines();

/// The peers that it was built without: "lmdb (liblmdb-dev)".
[[nodiscard]] std::vector<std::string> missing_engines();

}  // namespace zccache::bench
