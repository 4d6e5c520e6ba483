#include "launchers.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "common/descriptor.hpp"
#include "common/json.hpp"
#include "engine.hpp"

namespace zccache::bench {
namespace {

using tools::Json;

Command with(Command command, const std::filesystem::path& launcher, const std::map<std::string, std::string>& variables) {
  command.arguments.insert(command.arguments.begin(), launcher);
  command.variables.insert(variables.begin(), variables.end());
  return command;
}

/// The launcher as an installation has it. What the linker has just written lies in the page cache in small pieces: mapping those costs each
/// process a tenth of a millisecond.
std::filesystem::path installed(const std::filesystem::path& directory) {
  std::filesystem::path copy = directory / "zccache-cc";
  std::filesystem::copy_file(own_folder() / "zccache-cc", copy, std::filesystem::copy_options::overwrite_existing);
  return copy;
}

class ZccacheCc : public Launcher {
 public:
  explicit ZccacheCc(const std::filesystem::path& directory)
      : program_(installed(directory)), directory_(directory / "zccache"), variables_{{"ZCCACHE_DIR", directory_}} {}
  ~ZccacheCc() override { stop(); }

  std::string name() const override { return kOurs; }
  Command wrap(Command command) const override { return with(std::move(command), program_, variables_); }
  void start_afresh() override {
    stop();
    std::filesystem::remove_all(directory_);
  }
  std::size_t hits() const override { return Json::parse(index({"stats", "--json"})).at("hits"); }

 private:
  std::string index(std::vector<std::string> arguments) const {
    return run(with({std::move(arguments), {}}, own_folder() / "zccache-index", variables_));
  }

  /// Waits for a flush that a launcher has left to a process of its own.
  void stop() const noexcept {
    try {
      if (std::filesystem::exists(directory_)) index({"flush"});
    } catch (const std::exception&) {  // nothing that is kept depends on it
    }
  }

  std::filesystem::path program_;
  std::filesystem::path directory_;
  std::map<std::string, std::string> variables_;
};

class Ccache : public Launcher {
 public:
  explicit Ccache(const std::filesystem::path& directory)
      : directory_(directory / "ccache"), variables_{{"CCACHE_DIR", directory_}, {"CCACHE_CONFIGPATH", directory_ / "absent.conf"}} {}

  std::string name() const override { return "ccache"; }
  Command wrap(Command command) const override { return with(std::move(command), "ccache", variables_); }
  void start_afresh() override { std::filesystem::remove_all(directory_); }

  std::size_t hits() const override {
    std::istringstream lines(run(with({{"--print-stats"}, {}}, "ccache", variables_)));
    std::size_t hits = 0;
    std::size_t count = 0;
    for (std::string counter; lines >> counter >> count;)
      hits += counter == "direct_cache_hit" || counter == "preprocessed_cache_hit" ? count : 0;
    return hits;
  }

 private:
  std::filesystem::path directory_;
  std::map<std::string, std::string> variables_;
};

/// A port of this machine that nobody has at the moment.
int free_port() {
  const tools::Descriptor descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(descriptor.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  return ntohs(address.sin_port);
}

/// Its daemon stores after the compile has ended.
class Sccache : public Launcher {
 public:
  explicit Sccache(const std::filesystem::path& directory)
      : directory_(directory / "sccache"),
        variables_{{"SCCACHE_DIR", directory_},
                   {"SCCACHE_CONF", directory_ / "absent.conf"},
                   {"SCCACHE_SERVER_PORT", std::to_string(free_port())},
                   {"SCCACHE_IDLE_TIMEOUT", "600"}} {}
  ~Sccache() override { stop(); }

  std::string name() const override { return "sccache"; }
  Command wrap(Command command) const override { return with(std::move(command), "sccache", variables_); }

  void start_afresh() override {
    stop();
    std::filesystem::remove_all(directory_);
    started_ = true;
    start();
  }

  void settle(std::size_t stored) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (stats().at("cache_writes") < stored) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("sccache does not store");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::size_t hits() const override {
    std::size_t hits = 0;
    const Json all = stats();
    for (const auto& [language, count] : all.at("cache_hits").at("counts").items()) hits += count.get<std::size_t>();
    return hits;
  }

 private:
  /// It gives its server ten seconds to start, which a busy machine may not have. Asking for anything starts it too, or finds it started
  /// meanwhile.
  void start() const {
    for (int attempt = 1;; ++attempt) {
      try {
        static_cast<void>(stats());
        return;
      } catch (const std::exception&) {
        if (attempt == 6) throw;
      }
    }
  }

  std::string ask(std::vector<std::string> arguments) const { return run(with({std::move(arguments), {}}, "sccache", variables_)); }
  [[nodiscard]] Json stats() const { return Json::parse(ask({"--show-stats", "--stats-format", "json"})).at("stats"); }

  void stop() noexcept {
    try {
      if (std::exchange(started_, false)) ask({"--stop-server"});
    } catch (const std::exception&) {  // it ends by itself when it is idle
    }
  }

  std::filesystem::path directory_;
  std::map<std::string, std::string> variables_;
  bool started_ = false;
};

}  // namespace

std::vector<std::unique_ptr<Launcher>> all_launchers(const std::filesystem::path& directory) {
  std::vector<std::unique_ptr<Launcher>> all;
  if (!std::filesystem::exists(own_folder() / "zccache-cc")) throw std::runtime_error("zccache-cc is not beside this program; build it first");
  all.push_back(std::make_unique<ZccacheCc>(directory));
  if (find_program("ccache")) all.push_back(std::make_unique<Ccache>(directory));
  if (find_program("sccache")) all.push_back(std::make_unique<Sccache>(directory));
  return all;
}

std::vector<std::string> missing_launchers() {
  std::vector<std::string> missing;
  for (const char* name : {"ccache", "sccache"}) {
    if (!find_program(name)) missing.push_back(fmt::format("{0} (package {0})", name));
  }
  return missing;
}

}  // namespace zccache::bench
