// zccache-remote serve DIRECTORY: moves entries between a cache directory and the team's server. Started by the launcher.
// zccache-remote check: tries the servers. For `zccache-index doctor`.
// zccache-remote public-key: what those have to trust who are to take what is signed here.
#include <curl/curl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "common/outcome.hpp"
#include "config/configuration.hpp"
#include "config/table.hpp"
#include "remote/settings.hpp"
#include "zccache-cc/platform/decision_log.hpp"
#include "zccache-cc/platform/settings.hpp"
#include "zccache-remote/check.hpp"
#include "zccache-remote/service.hpp"
#include "zccache-remote/signature.hpp"

namespace {

using namespace zccache;

constexpr const char* kUsage =
    "Usage: zccache-remote serve DIRECTORY\n"
    "       zccache-remote check\n"
    "       zccache-remote public-key\n"
    "       zccache-remote --help | --version\n";

constexpr const char* kHelp =
    "\n"
    "Moves entries between a cache directory and the team's server. zccache-cc starts it when a compile misses, and it leaves\n"
    "when nobody has asked for a while. check tries the servers and says what it found, one a line; zccache-index doctor shows it.\n"
    "public-key prints the public half of the key in ZCCACHE_REMOTE_SIGN_KEY, for the file that ZCCACHE_REMOTE_TRUST names.\n"
    "\n"
    "Environment (above the configuration file, which says remote_mode for ZCCACHE_REMOTE_MODE):\n";

constexpr const char* kExitCodes =
    "\n"
    "Exit code: 0: it has served, or all is well. 1: another process serves, or something is wrong. 2: usage. 3: it could not.\n";

void settle_in() {
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(077);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

int serve(const char* directory, const remote::RemoteSettings& settings) {
  settle_in();
  if (const char* log = cc::Settings::from_environment().log_file) cc::open_decision_log(log);
  const std::filesystem::path absolute = std::filesystem::absolute(directory);
  if (::chdir("/") != 0) return tools::kCouldNot;  // keeps no file system busy
  return remote::serve(absolute, settings);
}

/// A line for each finding: how bad it is, what was found and what to do, separated by tabs.
int check(const remote::RemoteSettings& settings) {
  constexpr std::array kStates = {"ok", "note", "bad"};
  bool is_well = true;
  for (const remote::Finding& one : remote::check_servers(settings)) {
    std::printf("%s\t%s\t%s\n", kStates[static_cast<std::size_t>(one.state)], one.found.c_str(), one.cure.c_str());
    is_well = is_well && one.state != remote::Finding::State::bad;
  }
  return is_well ? tools::kGood : tools::kNo;
}

int print_public_key() {
  const char* const file = std::getenv("ZCCACHE_REMOTE_SIGN_KEY");
  const auto signer = remote::Signer::from_file(file != nullptr ? file : "");
  if (!signer) {
    std::fputs("zccache-remote: ZCCACHE_REMOTE_SIGN_KEY names no file with 64 hex digits\n", stderr);
    return tools::kCouldNot;
  }
  return std::puts(cc::hex_of(cc::ContentDigest{signer->public_key()}).c_str()) >= 0 ? tools::kGood : tools::kCouldNot;
}

int run(int argc, char** argv) {
  (void)config::Configuration::load();  // started by hand it knows what the launcher knows
  if (std::strcmp(argv[1], "public-key") == 0) return print_public_key();
  const auto settings = remote::RemoteSettings::from_environment();
  if (settings.server == nullptr) {
    std::fputs("zccache-remote: ZCCACHE_REMOTE is not set\n", stderr);
    return tools::kUsage;
  }
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return argc == 3 ? serve(argv[2], settings) : check(settings);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool is_serve = argc == 3 && std::strcmp(argv[1], "serve") == 0;
    const bool is_other = argc == 2 && (std::strcmp(argv[1], "check") == 0 || std::strcmp(argv[1], "public-key") == 0);
    if (is_serve || is_other) return run(argc, argv);
    if (argc == 2 && std::strcmp(argv[1], "--help") == 0)
      return std::printf("%s%s%s%s", kUsage, kHelp, config::help_on(config::is_of_remote).c_str(), kExitCodes) >= 0 ? tools::kGood
                                                                                                                    : tools::kCouldNot;
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0)
      return std::puts("zccache-remote " ZCCACHE_VERSION) >= 0 ? tools::kGood : tools::kCouldNot;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "zccache-remote: %s\n", failed.what());
    return tools::kCouldNot;
  }
  std::fputs(kUsage, stderr);
  return tools::kUsage;
}
