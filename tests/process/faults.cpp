#include "process/faults.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

namespace zccache::test {
namespace {

// Those that transfer bytes, and the argument that says how many.
constexpr std::array<std::pair<long, std::size_t>, 5> kTransfers{
    {{SYS_read, 2}, {SYS_write, 2}, {SYS_pread64, 2}, {SYS_pwrite64, 2}, {SYS_copy_file_range, 4}}};

// Those that cannot fail for lack of anything, and brk, which does not return an error and has a substitute in malloc.
constexpr std::array kNeverFail{SYS_brk,   SYS_getpid,        SYS_gettid,          SYS_getuid,         SYS_geteuid,
                                SYS_futex, SYS_clock_gettime, SYS_clock_nanosleep, SYS_rt_sigprocmask, SYS_rt_sigaction,
                                SYS_umask, SYS_getrandom,     SYS_sched_yield};

std::optional<std::size_t> size_argument(const SystemCall& call) {
  const auto* found = std::ranges::find(kTransfers, call.number, &std::pair<long, std::size_t>::first);
  return found != kTransfers.end() && call.arguments[found->second] > 1 ? std::optional(found->second) : std::nullopt;
}

bool can_hit(const SystemCall& call, Fault fault) {
  return fault == kShort ? size_argument(call).has_value() : std::ranges::find(kNeverFail, call.number) == kNeverFail.end();
}

void inject(Tracee& tracee, const SystemCall& call, Fault fault) {
  if (fault == kShort) {
    const std::size_t size = *size_argument(call);
    tracee.set_argument(size, call.arguments[size] / 2);
    tracee.finish_call();
  } else if (call.number == SYS_close) {
    tracee.finish_call_as_failed(fault);  // the descriptor is gone all the same
  } else {
    tracee.fail_call(fault);
  }
}

}  // namespace

std::string name_of(Fault fault) { return fault == kShort ? "a short transfer" : ::strerrorname_np(fault); }

FaultyRun run_with_fault(const std::function<int()>& body, std::uint64_t n, Fault fault) {
  FaultyRun run;
  Tracee tracee(body);
  for (std::uint64_t seen = 0; const auto call = tracee.next_call();) {
    if (can_hit(*call, fault) && seen++ == n) {
      run.hit = call;
      inject(tracee, *call, fault);
      break;  // the rest at full speed
    }
    tracee.finish_call();
  }
  run.exit_code = tracee.finish();
  return run;
}

}  // namespace zccache::test
