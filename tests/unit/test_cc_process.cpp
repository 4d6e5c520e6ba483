// Children of the launcher, and what a crash of the launcher itself becomes.
#include "zccache-cc/process.hpp"

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
#include "support.hpp"
#include "zccache-cc/compiler.hpp"
#include "zccache-cc/fault_guard.hpp"

using namespace zccache::cc;

namespace {

Finished run_shell(std::string script) {
  std::string name = "sh";
  std::string option = "-c";
  const std::vector<char*> argv{name.data(), option.data(), script.data(), nullptr};
  auto run = run_captured("/bin/sh", argv.data(), StandardInput::empty);
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

TEST_CASE("both_streams_are_kept_apart") {
  const Finished finished = run_shell("echo out; echo err >&2; exit 7");
  CHECK(finished.output == "out\n");
  CHECK(finished.diagnostics == "err\n");
  CHECK(ended_with(finished.wait_status, 7));
  CHECK_FALSE(finished.succeeded());
}

TEST_CASE("more_than_a_pipe_holds_is_kept") {
  const Finished finished = run_shell("head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  CHECK(finished.output.size() == 5'000'000);
  CHECK(finished.diagnostics.size() == 3'000'000);
  CHECK(finished.succeeded());
}

TEST_CASE("child_that_closes_its_streams_is_waited_for") {
  const Finished finished = run_shell("exec >&- 2>&-; exit 5");
  CHECK(ended_with(finished.wait_status, 5));
}

TEST_CASE("program_that_is_not_there_is_an_answer") {
  std::string name = "nothing";
  const std::vector<char*> argv{name.data(), nullptr};
  const auto run = run_captured("/no/such/program", argv.data(), StandardInput::empty);
  REQUIRE_FALSE(run.has_value());
  CHECK(run.error().why == "/no/such/program could not be started: No such file or directory");
}

TEST_CASE("we_end_as_the_child_ended") {
  CHECK(ended_with(status_of_child([] { end_like(run_shell("exit 9").wait_status); }), 9));
  const int killed = status_of_child([] { end_like(run_shell("kill -SEGV $$").wait_status); });
  CHECK((WIFSIGNALED(killed) && WTERMSIG(killed) == SIGSEGV && !WCOREDUMP(killed)));
}

TEST_CASE("stop_signal_before_a_child_prevents_it") {
  const int status = status_of_child([] {
    relay_stop_signals();
    ::raise(SIGTERM);
    (void)run_shell("exit 0");
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
}

TEST_CASE("stop_signal_that_was_ignored_stays_ignored") {
  const int status = status_of_child([] {
    std::signal(SIGHUP, SIG_IGN);
    relay_stop_signals();
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
  for (const char* name : {"cc", "gcc-ar", "ccache", "nvcc", "clang-tidy", "clang-cl", "icecc", "", "12", "-12"}) {
    INFO(name);
    CHECK(family_of(name) == Family::unknown);
  }
}
