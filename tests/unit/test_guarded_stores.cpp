// Stores that fault: which of them end their region, and what becomes of every other SIGBUS. Each case in a process of its own, whose handlers
// are its own.
#include "base/guarded_stores.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <functional>
#include <span>
#include <thread>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::size_t kPage = 4096;
constexpr int kEndedBySigbus = 128 + SIGBUS;

/// Two pages of a file that has only the first: what a page without a block is on a full disk, and faults the same way.
class HalfAFile {
 public:
  HalfAFile() {
    const TempDir temp;
    const int fd = ::open((temp.path() / "file").c_str(), O_RDWR | O_CREAT, 0600);
    REQUIRE(::ftruncate(fd, kPage) == 0);
    bytes_ = static_cast<std::byte*>(::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    ::close(fd);
  }
  ~HalfAFile() { ::munmap(bytes_, 2 * kPage); }
  HalfAFile(const HalfAFile&) = delete;
  HalfAFile& operator=(const HalfAFile&) = delete;

  [[nodiscard]] std::span<const std::byte> all() const { return {bytes_, 2 * kPage}; }
  [[nodiscard]] volatile std::byte& good() const { return bytes_[0]; }
  [[nodiscard]] volatile std::byte& bad() const { return bytes_[kPage]; }
  [[nodiscard]] bool store_where_it_fails() const {
    return try_stores(all(), [&] { bad() = std::byte{1}; });
  }

 private:
  std::byte* bytes_;
};

/// The exit code of a process that does this, or 128 + the signal that ends it. It leaves no core dump.
int outcome_of(const std::function<int()>& work) {
  return Child([&] {
           const struct rlimit none {};
           ::setrlimit(RLIMIT_CORE, &none);
           std::signal(SIGBUS, SIG_DFL);  // a sanitizer has one of its own
           return work();
         })
      .reap();
}

// What a host's handler saw. Written in a handler.
volatile std::sig_atomic_t calls = 0;
volatile std::sig_atomic_t code = 0;
volatile std::sig_atomic_t usr1_was_blocked = 0;
sigjmp_buf host_recovery;

void count_call(int /*signal*/) { calls = calls + 1; }

void note_call(int /*signal*/, siginfo_t* info, void* /*context*/) {
  calls = calls + 1;
  code = info->si_code;
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  usr1_was_blocked = sigismember(&mask, SIGUSR1);
}

void recover(int /*signal*/) { siglongjmp(host_recovery, 1); }

void install(void (*handler)(int), unsigned flags = 0) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(flags);
  ::sigaction(SIGBUS, &action, nullptr);
}

void install_noting_handler() {
  struct sigaction action {};
  action.sa_sigaction = note_call;
  action.sa_flags = SA_SIGINFO;
  sigaddset(&action.sa_mask, SIGUSR1);
  ::sigaction(SIGBUS, &action, nullptr);
}

bool is_blocked(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

}  // namespace

TEST_CASE("a_store_that_faults_ends_its_region_there_as_often_as_it_happens") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          handle_sigbus();
          for (int i = 1; i <= 3; ++i) {
            const auto store_three = [&] {
              file.good() = std::byte(i);
              file.bad() = std::byte(i);
              file.good() = std::byte{99};
            };
            if (try_stores(file.all(), store_three)) return 1;
            if (file.good() != std::byte(i)) return 2;
          }
          const auto store_one = [&] { file.good() = std::byte{7}; };
          return try_stores(file.all(), store_one) && file.good() == std::byte{7} ? 0 : 3;
        }) == 0);
}

TEST_CASE("a_fault_in_one_thread_ends_no_region_of_another") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          handle_sigbus();
          bool other = true;
          const auto fault_elsewhere = [&] {
            file.good() = std::byte{1};
            std::thread([&] { other = file.store_where_it_fails(); }).join();
          };
          return try_stores(file.all(), fault_elsewhere) && !other ? 0 : 1;
        }) == 0);
}

TEST_CASE("a_fault_outside_of_a_region_or_of_its_mapping_ends_the_process_as_ever") {
  const HalfAFile file;
  const HalfAFile other;
  CHECK(outcome_of([&] {
          handle_sigbus();
          file.bad() = std::byte{1};
          return 0;
        }) == kEndedBySigbus);
  CHECK(outcome_of([&] {
          handle_sigbus();
          return try_stores(file.all(), [&] { other.bad() = std::byte{1}; }) ? 0 : 1;
        }) == kEndedBySigbus);
  CHECK(outcome_of([&] {  // after a region as well
          handle_sigbus();
          if (file.store_where_it_fails()) return 1;
          file.bad() = std::byte{1};
          return 0;
        }) == kEndedBySigbus);
}

TEST_CASE("without_the_handler_a_store_that_faults_ends_the_process_and_the_signal_mask_is_left_alone") {
  const HalfAFile file;
  CHECK(outcome_of([&] { return file.store_where_it_fails() ? 0 : 1; }) == kEndedBySigbus);
  CHECK(outcome_of([&] {
          sigset_t all;
          sigfillset(&all);
          ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
          const auto store_one = [&] { file.good() = std::byte{1}; };
          return try_stores(file.all(), store_one) && is_blocked(SIGBUS) ? 0 : 1;
        }) == 0);
}

TEST_CASE("a_signal_that_was_sent_is_no_fault") {
  const HalfAFile file;
  const auto raise_inside = [&] { return try_stores(file.all(), [] { ::raise(SIGBUS); }) ? 0 : 1; };
  CHECK(outcome_of([&] {
          handle_sigbus();
          return raise_inside();
        }) == kEndedBySigbus);
  CHECK(outcome_of([&] {
          std::signal(SIGBUS, SIG_IGN);
          handle_sigbus();
          return raise_inside();
        }) == 0);
}

TEST_CASE("who_ignores_sigbus_is_still_ended_by_a_fault") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          std::signal(SIGBUS, SIG_IGN);
          handle_sigbus();
          file.bad() = std::byte{1};
          return 0;
        }) == kEndedBySigbus);
}

TEST_CASE("the_handler_of_a_host_gets_what_is_its_own_as_it_asked_for_it") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          install_noting_handler();
          handle_sigbus();
          if (file.store_where_it_fails() || calls != 0) return 1;  // ours
          ::raise(SIGBUS);
          if (calls != 1 || code != SI_TKILL || usr1_was_blocked == 0) return 2;
          return is_blocked(SIGUSR1) || is_blocked(SIGBUS) ? 3 : 0;
        }) == 0);
  CHECK(outcome_of([&] {  // one that jumps out of its own fault, and regions afterwards
          install(recover);
          handle_sigbus();
          for (int i = 0; i < 2; ++i) {
            if (sigsetjmp(host_recovery, 1) == 0) {
              file.bad() = std::byte{1};
              return 1;
            }
            if (file.store_where_it_fails()) return 2;
          }
          return 0;
        }) == 0);
}

TEST_CASE("a_host_that_wants_one_signal_handled_has_the_next_one_end_the_process") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          install(count_call, SA_RESETHAND);
          handle_sigbus();
          if (file.store_where_it_fails() || file.store_where_it_fails()) return 1;  // ours use nothing up
          ::raise(SIGBUS);
          if (calls != 1) return 2;
          ::raise(SIGBUS);
          return 3;
        }) == kEndedBySigbus);
}

TEST_CASE("a_handler_that_a_host_installs_later_is_not_replaced") {
  CHECK(outcome_of([] {
          handle_sigbus();
          install(count_call);
          handle_sigbus();
          struct sigaction now {};
          ::sigaction(SIGBUS, nullptr, &now);
          return now.sa_handler == count_call ? 0 : 1;
        }) == 0);
}

TEST_CASE("a_region_works_in_a_thread_that_blocked_every_signal_and_leaves_the_others_blocked") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          handle_sigbus();
          sigset_t all;
          sigfillset(&all);
          ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
          if (file.store_where_it_fails() || file.store_where_it_fails()) return 1;
          return is_blocked(SIGUSR1) && !is_blocked(SIGBUS) ? 0 : 2;
        }) == 0);
}

TEST_CASE("a_region_works_on_a_thread_with_a_stack_for_signals_and_leaves_it_free") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          static std::byte stack_bytes[1 << 16];
          stack_t stack{};
          stack.ss_sp = stack_bytes;
          stack.ss_size = sizeof stack_bytes;
          ::sigaltstack(&stack, nullptr);
          handle_sigbus();
          if (file.store_where_it_fails() || file.store_where_it_fails()) return 1;
          stack_t now{};
          ::sigaltstack(nullptr, &now);
          return (now.ss_flags & SS_ONSTACK) == 0 ? 0 : 2;
        }) == 0);
}

TEST_CASE("an_exception_leaves_a_region_as_any_other_scope") {
  const HalfAFile file;
  CHECK(outcome_of([&] {
          handle_sigbus();
          try {
            (void)try_stores(file.all(), []() { throw std::bad_alloc(); });
            return 1;
          } catch (const std::bad_alloc&) {
          }
          if (detail::current_region != nullptr) return 2;
          return file.store_where_it_fails() ? 3 : 0;
        }) == 0);
}
