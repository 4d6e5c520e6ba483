// zccache-cc COMPILER ARGS…: runs a compiler, or serves what it made before from the cache.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "common/outcome.hpp"
#include "config/configuration.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/launch/launch.hpp"
#include "zccache-cc/own_options.hpp"
#include "zccache-cc/platform/paths.hpp"
#include "zccache-cc/platform/process.hpp"
#include "zccache-cc/platform/settings.hpp"

namespace {

using namespace zccache;

constexpr const char* kUsage =
    "Usage: zccache-cc COMPILER ARGS...\n"
    "       zccache-cc -h | -V | -s | -z | -c | -p\n"
    "       g++ ARGS...   (a symlink to zccache-cc by a compiler's name)\n";

constexpr const char* kHelp =
    "\n"
    "Runs the compiler, or serves what it made before from the cache. Use it as a compiler launcher:\n"
    "  cmake -DCMAKE_C_COMPILER_LAUNCHER=zccache-cc -DCMAKE_CXX_COMPILER_LAUNCHER=zccache-cc ...\n"
    "  make CXX='zccache-cc g++'\n"
    "\n"
    "Compiles by gcc or clang are cached, whatever their options; with ZCCACHE_LINK=on links and archives as well. Everything else goes\n"
    "straight to the compiler.\n"
    "\n"
    "Options:\n";

constexpr const char* kEnvironment =
    "\n"
    "Environment (above the configuration file, which says max_size for ZCCACHE_MAX_SIZE):\n";

constexpr const char* kExitCodes =
    "\n"
    "Exit code: the compiler's. 127 or 126: it is not there or cannot be executed. 2: usage. 3: the compiler is zccache-cc itself.\n";

int print(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return is_written && std::fflush(stdout) == 0 ? tools::kGood : tools::kCouldNot;
}

std::string help() {
  const std::string local =
      config::help_on([](const config::Setting& one) { return !config::is_of_remote(one) || one.key == std::string_view("remote"); });
  return std::string(kUsage) + kHelp + cc::help_on_options() + kEnvironment + local +
         "What else can be said of a server: zccache-remote --help.\n" + kExitCodes;
}

int usage_error(const char* what) {
  std::fprintf(stderr, "zccache-cc: %s\n%sRun it with --help for more.\n", what, kUsage);
  return tools::kUsage;
}

int own_compiler(const char* name) {
  std::fprintf(stderr, "zccache-cc: '%s' leads back to zccache-cc itself; name the compiler that it should run, by its path\n", name);
  return tools::kCouldNot;
}

// Else a file of the cache might get the number of a closed stream, and the compiler's warnings with it. The compiler finds it closed again.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR | O_CLOEXEC);
  }
}

// The compiler that this program is called by the name of, through a symlink; null where it has its own name.
char* masked_name(char* program) {
  char* const slash = std::strrchr(program, '/');
  char* const name = slash != nullptr ? slash + 1 : program;
  return cc::can_be_masked(name) ? name : nullptr;
}

int run(char** argv) {
  const auto compiler = cc::find_compiler(argv[0]);
  if (!compiler && compiler.error().is_ourselves) return own_compiler(argv[0]);
  if (!compiler) return cc::report_cannot_run(argv[0], compiler.error().error_number);
  const char* running = cc::running_compiler();
  if (running != nullptr && compiler->path == running) return own_compiler(argv[0]);
  cc::set_running_compiler(compiler->path.c_str());

  std::string path = compiler->path;
  if (compiler->passed_over_ourselves) argv[0] = path.data();
  const auto configuration = config::Configuration::load();
  return cc::launch(*compiler, argv, cc::Settings::from_environment(), configuration);
}

// A launcher that was put before the compiler twice: by CMAKE_CXX_COMPILER_LAUNCHER and in CXX, for one.
bool names_launcher_again(const char* argument) {
  if (cc::can_be_masked(cc::file_name(argument))) return false;
  const auto found = cc::find_compiler(argument);
  return !found && found.error().is_ourselves;
}

int run_by_own_name(int argc, char** argv) {
  while (argc > 2 && names_launcher_again(argv[1])) {
    --argc;
    ++argv;
  }
  if (argc < 2) return usage_error("no compiler is named");
  const std::string_view first = argv[1];
  if (first == "--help" || first == "-h") return print(help());
  if (first == "--version" || first == "-V") return print("zccache-cc " ZCCACHE_VERSION "\n");
  if (first.starts_with('-')) return cc::run_own_option(argv[1]);
  return run(argv + 1);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  cc::expect_children_and_limits();
  try {
    if (char* name = argc > 0 ? masked_name(argv[0]) : nullptr) {
      argv[0] = name;
      return run(argv);
    }
    return run_by_own_name(argc, argv);
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "zccache-cc: %s\n", failed.what());
    return tools::kCouldNot;
  }
}
