// Children of the launcher, and what a crash of the launcher itself becomes.
#include "zccache-cc/platform/process.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "observe/child_signals.hpp"
#include "observe/observer.hpp"
#include "support.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/platform/crash_fallback.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

observe::Observation run_shell(std::string script) {
  std::string name = "sh";
  std::string option = "-c";
  const std::vector<char*> argv{name.data(), option.data(), script.data(), nullptr};
  auto run = observe::run({.path = "/bin/sh", .argv = argv.data(), .envp = environ, .inherit_stdin = false});
  if (!run) die_if_stopped();
  REQUIRE(run.has_value());
  return *std::move(run);
}

// The wait status of a forked process that does this.
int status_of_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(99);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

// A process that is guarded by "exit 42", and then does this.
int guarded(const std::function<void()>& fault) {
  return status_of_child([&] {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    static std::string name = "sh";
    static std::string option = "-c";
    static std::string script = "exit 42";
    static char* argv[] = {name.data(), option.data(), script.data(), nullptr};
    guard_by_compiler("/bin/sh", argv, environ);
    fault();
  });
}

bool ended_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

void touch_a_truncated_mapping() {
  const zccache::test::TempDir temp;
  zccache::test::write_file(temp.path() / "file", "x");
  FILE* file = std::fopen((temp.path() / "file").c_str(), "r+");
  auto* byte = static_cast<volatile char*>(::mmap(nullptr, 1, PROT_READ, MAP_SHARED, ::fileno(file), 0));
  if (::ftruncate(::fileno(file), 0) != 0) return;
  (void)*byte;
}

}  // namespace

TEST_CASE("we_end_as_the_child_ended") {
  CHECK(ended_with(status_of_child([] { end_like(run_shell("exit 9").wait_status); }), 9));
  const int killed = status_of_child([] { end_like(run_shell("kill -SEGV $$").wait_status); });
  CHECK((WIFSIGNALED(killed) && WTERMSIG(killed) == SIGSEGV && !WCOREDUMP(killed)));
}

TEST_CASE("stop_signal_before_a_child_prevents_it") {
  const int status = status_of_child([] {
    observe::relay_stop_signals();
    ::raise(SIGTERM);
    (void)run_shell("exit 0");
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
}

TEST_CASE("stop_signal_that_was_ignored_stays_ignored") {
  const int status = status_of_child([] {
    std::signal(SIGHUP, SIG_IGN);
    observe::relay_stop_signals();
    ::raise(SIGHUP);
    die_if_stopped();
    ::_exit(3);
  });
  CHECK(ended_with(status, 3));
}

TEST_CASE("fault_becomes_the_compiler") {
  CHECK(ended_with(guarded([] { ::raise(SIGSEGV); }), 42));
  CHECK(ended_with(guarded([] { ::raise(SIGBUS); }), 42));
  CHECK(ended_with(guarded([] { std::abort(); }), 42));
  CHECK(ended_with(guarded(touch_a_truncated_mapping), 42));
  CHECK(ended_with(guarded([] { std::terminate(); }), 42));
}

TEST_CASE("fault_after_the_compiler_ran_keeps_its_exit_code") {
  CHECK(ended_with(guarded([] {
                     guard_by_exit(0);
                     ::raise(SIGSEGV);
                   }),
                   0));
}

TEST_CASE("compilers_are_known_by_their_names") {
  CHECK(family_of("gcc") == Family::gcc);
  CHECK(family_of("x86_64-linux-gnu-g++-12") == Family::gcc);
  CHECK(family_of("gcc-12.2.0") == Family::gcc);
  CHECK(family_of("clang") == Family::clang);
  CHECK(family_of("clang++-14") == Family::clang);
  CHECK(family_of("clang14") == Family::clang);
  for (const char* name : {"ar", "gcc-ar", "x86_64-linux-gnu-ranlib", "llvm-ar-14"}) CHECK(family_of(name) == Family::archiver);
  for (const char* name : {"ld", "x86_64-linux-gnu-ld.gold", "ld.lld-14", "ld.bfd", "lld"}) CHECK(family_of(name) == Family::linker);
  for (const char* name : {"cc", "g++", "clang-14"}) CHECK(is_compiler_name(name));
  for (const char* name : {"ar", "ld"}) {
    CHECK_FALSE(is_compiler_name(name));
    CHECK(can_be_masked(name));
  }
  CHECK_FALSE(can_be_masked("zccache-cc"));
  for (const char* name : {"cc", "ldd", "gcc-nm", "ccache", "nvcc", "clang-tidy", "clang-cl", "icecc", "", "12", "-12"}) {
    INFO(name);
    CHECK(family_of(name) == Family::unknown);
  }
}
