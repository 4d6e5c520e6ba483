// Runs a command and keeps each question that it asked the kernel about files, with the answer.
//
// A compile is a function of what it was told (its arguments, its environment) and of what it found out (files, links, directories).
// The second half passes through system calls, whatever the compiler is. This is a library of its own: it needs no cache.
//
// How: between fork and exec the child installs a seccomp filter. Calls that name a file go to a listener in this process (`notify`), or
// where the kernel has none to give to a tracer (`ptrace`). A library that is preloaded into the command answers for the frequent
// calls in place: it makes them from one page that the filter lets through, and notes them in memory shared with us. It need not
// be complete, and its absence only costs speed: what it does not wrap, the kernel reports.
#pragma once

#include <sys/resource.h>
#include <zccache/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "observe/question.hpp"

namespace zccache::observe {

enum class Mode { automatic, notify, ptrace, off };  ///< ZCCACHE_OBSERVE=auto|notify|ptrace|off

[[nodiscard]] const char* name(Call call) noexcept;  ///< stable, as in --json: "open_read"
[[nodiscard]] const char* name(Mode mode) noexcept;  ///< "auto", "notify", "ptrace", "off"

struct Event {
  Call call = Call::open_read;
  int process = 0;
  int error = 0;         ///< 0: it succeeded; else errno
  int flags = 0;         ///< of an open
  unsigned mode = 0;     ///< of an open that may create, of access, mkdir and chmod
  bool created = false;  ///< of open_write: nothing was there just before
  bool existed = false;  ///< of what changes something: `path` was there before this run first touched it
  std::string path;      ///< absolute: joined with the directory of the call, else as the kernel was asked, links and ".." and all
  std::string spelled;   ///< as asked
  std::string target;    ///< of rename (absolute), link (absolute), symlink and readlink (as they are)
  FileStatus status;     ///< of what succeeded, or was about to be changed; of rename: of what was at `target`
};

/// A file that the run made, or made anew, and that is there at its end.
struct Output {
  std::string path;
  unsigned mode = 0;  ///< as it was requested, before any umask
};

struct Observation {
  Mode how = Mode::off;                      ///< what was really used
  std::vector<Event> events;                 ///< in the order in which they were asked; exact within a process. Repetitions may be left out
  std::vector<Output> outputs;               ///< by their paths
  std::vector<std::string> unstorable;       ///< why the result is not a function of what was observed; empty if it is
  std::vector<std::string> variables_asked;  ///< names that programs with the library passed to getenv, each once
  bool variables_complete = false;           ///< every program that ran had the library
  std::vector<std::int64_t> moments;         ///< that programs with the library converted to a date, each once, in seconds since 1970
  bool clock_zone_opened = false;            ///< a time zone file was looked for: the result depends on the clock
  int wait_status = 0;
  std::string output;  ///< of the standard output, with Run::capture
  std::string diagnostics;
  rusage usage{};                 ///< of the command and all that it waited for
  std::uint32_t wall_millis = 0;  ///< from its start to its end
};

struct Run {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  bool inherit_stdin = true;  ///< else /dev/null
  Mode mode = Mode::automatic;
  bool capture = true;  ///< else both streams are inherited. Where standard error is a terminal, so it is for the command
};

/// Runs a command to its end. Observation never makes it fail: where that is impossible the command runs unobserved, `how` is off and
/// `unstorable` says why. Fails where the command could not be started (`system_error` says why), or was not because a stop signal is
/// pending (EINTR: see child_signals.hpp). Waits for children by their ids; SIGCHLD must not be ignored.
[[nodiscard]] result<Observation> run(const Run& run);

/// Why this way of observing does not work here; empty if it does. Tries it.
[[nodiscard]] std::string why_unavailable(Mode mode);

/// The library to preload: relative to this program, ../lib/zccache, or beside it. Empty where there is none.
[[nodiscard]] const std::string& preload_library();

}  // namespace zccache::observe
