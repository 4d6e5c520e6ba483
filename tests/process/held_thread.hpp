// A thread that the kernel stops right before a certain system call, until the test lets it go on.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace zccache::test {

struct HeldCall {
  long number;
  int argument;         ///< which has to be
  std::uint32_t value;  ///< this, in its low half
};

/// The filter is that of its thread alone (seccomp_unotify(2)), and goes with it.
class HeldThread {
 public:
  HeldThread(const HeldCall& call, std::function<void()> work)
      : thread_([this, call, work = std::move(work)] {
          listener_.set_value(listen(call));
          work();
        }) {}
  /// Lets it go on to its end.
  ~HeldThread() {
    while (wait_until_held()) {
    }
    thread_.join();
    if (fd_ >= 0) ::close(fd_);
  }
  HeldThread(const HeldThread&) = delete;
  HeldThread& operator=(const HeldThread&) = delete;

  /// Lets it go on to the next such call. Whether it stands there now: not if it ended before, or the kernel does not do this for us.
  bool wait_until_held() {
    if (fd_ == kUnknown) fd_ = listener_.get_future().get();
    if (held_) ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_SEND, &answer_);
    pollfd something{fd_, POLLIN, 0};
    seccomp_notif call{};
    held_ =
        fd_ >= 0 && ::poll(&something, 1, -1) == 1 && (something.revents & POLLIN) != 0 && ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0;
    answer_ = {.id = call.id, .val = 0, .error = 0, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return held_;
  }

 private:
  static constexpr int kUnknown = -2;

  [[nodiscard]] static int listen(const HeldCall& call) {
    const auto offset = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + static_cast<std::size_t>(call.argument) * sizeof(__u64));
    std::array code{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                    sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, 3),
                    sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
                    sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.value, 0, 1),
                    sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                    sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  }

  std::promise<int> listener_;
  int fd_ = kUnknown;
  bool held_ = false;
  seccomp_notif_resp answer_{};
  std::thread thread_;  // last: it uses the rest
};

}  // namespace zccache::test
