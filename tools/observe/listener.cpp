#include "observe/listener.hpp"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>

#include "observe/child_signals.hpp"

namespace zccache::observe {
namespace {

// Linux 6.6: whoever waits for the other is woken on this processor, which saves waking an idle one: 15 us in place of 75.
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

// The kernel writes as much as its own structs take, which may be more than ours.
constexpr std::size_t kRoom = 512;
union Notification {
  seccomp_notif notification;
  std::array<unsigned char, kRoom> room;
};
union Response {
  seccomp_notif_resp response;
  std::array<unsigned char, kRoom> room;
};

// False where the process was killed meanwhile.
bool let_continue(int listener, std::uint64_t id) noexcept {
  Response answer{.room = {}};
  answer.response.id = id;
  answer.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer.response) == 0;
}

bool receive(int listener, Notification& asked) noexcept {
  asked.room = {};
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked.notification) == 0;
}

void answer_one(int listener, Recorder& recorder) {
  Notification asked;
  if (!receive(listener, asked)) return;  // the process was killed, or we were interrupted
  const seccomp_notif& notification = asked.notification;
  StoppedCall question{static_cast<pid_t>(notification.pid), notification.data.nr, notification.data.arch, {}};
  std::copy(std::begin(notification.data.args), std::end(notification.data.args), question.arguments.begin());
  const std::size_t mark = recorder.mark();
  recorder.note(question);
  // Else its number may be another's by now, whose memory we have read.
  if (!let_continue(listener, notification.id)) recorder.forget_since(mark);
}

// Whether processes are left that may ask.
bool is_in_use(int listener) {
  pollfd one{listener, POLLIN, 0};
  return ::poll(&one, 1, 0) < 0 || (one.revents & POLLHUP) == 0;
}

// A process that outlives the command would fail at its next call if nobody answered. The one that does holds nothing else.
void leave_answering(int listener) {
  const pid_t first = ::fork();
  if (first < 0) return;
  if (first > 0) {
    while (::waitpid(first, nullptr, 0) < 0 && errno == EINTR) {
    }
    return;
  }
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  if (::chdir("/") != 0) ::_exit(0);
  ::dup2(listener, 0);
  ::syscall(SYS_close_range, 1U, ~0U, 0U);
  for (const int stop : {SIGINT, SIGTERM, SIGHUP}) std::signal(stop, SIG_DFL);
  while (is_in_use(0)) {
    pollfd one{0, POLLIN, 0};
    Notification asked;
    if (::poll(&one, 1, -1) > 0 && (one.revents & POLLIN) != 0 && receive(0, asked)) (void)let_continue(0, asked.notification.id);
  }
  ::_exit(0);
}

}  // namespace

Ended reap(pid_t child) {
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  child_runs(0);  // before its number may be given to another process
  Ended ended{W_EXITCODE(1, 0), {}};
  while (::wait4(child, &ended.wait_status, 0, &ended.usage) < 0 && errno == EINTR) {
  }
  return ended;
}

Ended listen(Child& child, Streams& streams, Recorder& recorder) {
  const int listener = child.listener.get();
  if (child.listener) ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  while (child.end || streams) {
    const auto [output, diagnostics] = streams.waits();
    std::array<pollfd, 4> waits{pollfd{listener, POLLIN, 0}, {child.end.get(), POLLIN, 0}, output, diagnostics};
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;  // interrupted
    if ((waits[0].revents & POLLIN) != 0) answer_one(listener, recorder);
    const bool has_printed = (waits[2].revents | waits[3].revents) != 0 && streams.drain();
    if (!has_printed && waits[1].revents != 0) break;
  }
  const Ended ended = reap(child.process);
  if (child.listener && is_in_use(listener)) {
    recorder.refuse("a process of it goes on after its end");
    leave_answering(listener);
  }
  return ended;
}

}  // namespace zccache::observe
