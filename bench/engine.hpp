// What a benchmark asks of a store. One engine per file in engines/; each is listed once, in engines().
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

enum class Access { read_only, read_write };

/// A store that is attached. Failures throw.
class Session {
 public:
  virtual ~Session() = default;

  /// Looks up all probes and returns how many gave the answer they must give. The loop is inside, so that what is timed has no virtual call.
  [[nodiscard]] virtual std::size_t count_right(std::span<const Probe> probes) const = 0;
  [[nodiscard]] virtual std::optional<Artifact> get(std::string_view key) const = 0;

  virtual void insert_each(std::span<const Entry> entries) = 0;      ///< one change each
  virtual void insert_together(std::span<const Entry> entries) = 0;  ///< one change for all
  virtual void flush() = 0;                                          ///< makes all changes survive a reboot
};

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual std::string name() const = 0;

  /// Opens the store in `directory`; with write access it is made where there is none.
  [[nodiscard]] virtual std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access access) const = 0;

  /// The file that a process maps when it attaches.
  [[nodiscard]] virtual std::filesystem::path mapped_file(const std::filesystem::path& directory) const = 0;

  /// The file that survives a reboot.
  [[nodiscard]] virtual std::filesystem::path durable_file(const std::filesystem::path& directory) const = 0;

  /// Leaves of a store that nobody has open what a reboot leaves.
  virtual void reboot(const std::filesystem::path& directory) const = 0;
};

[[nodiscard]] std::unique_ptr<Engine> make_zccache_engine();

[[nodiscard]] inline std::vector<std::unique_ptr<Engine>> engines() {
  std::vector<std::unique_ptr<Engine>> all;
  all.push_back(make_zccache_engine());
  return all;
}

}  // namespace zccache::bench
