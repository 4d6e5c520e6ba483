// Locks: who they exclude, and that they end with their holder, whatever host processes do to descriptors.
#include "base/lock_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kAtOnce{0};
constexpr milliseconds kLongEnough{60'000};  // never waited for in full

bool can_lock(LockFile& lock) { return lock.acquire(kAtOnce).has_value(); }

/// The one descriptor that this process has of `path`.
int descriptor_of(const std::filesystem::path& path) {
  for (int fd = 3; fd < 1024; ++fd) {
    std::error_code closed;
    if (std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), closed) == path) return fd;
  }
  return -1;
}

/// On which one process waits for another.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }
  void tell() const { (void)!::write(ends_[1], "x", 1); }
  void wait() const {
    char byte = 0;
    (void)!::read(ends_[0], &byte, 1);
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("a_lock_excludes_others_of_the_same_process_and_is_released_at_the_end_of_its_scope") {
  const TempDir temp;
  LockFile a(temp.path() / "lock", LockByte::writer);
  LockFile b(temp.path() / "lock", LockByte::writer);
  {
    const auto guard = a.acquire(kAtOnce).value();
    const auto refused = b.acquire(kAtOnce);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().error == Error::lock_timeout);
    CHECK(refused.error().subject == (temp.path() / "lock").string());
    CHECK(is_locked(temp.path() / "lock", LockByte::writer).value());
  }
  CHECK(can_lock(b));
  CHECK(can_lock(a));
  CHECK_FALSE(is_locked(temp.path() / "lock", LockByte::writer).value());
}

TEST_CASE("the_writer_and_the_flusher_do_not_exclude_each_other") {
  const TempDir temp;
  LockFile writer(temp.path() / "lock", LockByte::writer);
  LockFile flusher(temp.path() / "lock", LockByte::flusher);
  const auto guard = writer.acquire(kAtOnce).value();
  CHECK(can_lock(flusher));
  CHECK_FALSE(is_locked(temp.path() / "lock", LockByte::flusher).value());
}

TEST_CASE("a_second_thread_on_the_same_object_waits_and_gives_up_in_time") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  const auto guard = lock.acquire(kAtOnce).value();
  Error error{};
  std::thread([&] { error = lock.acquire(milliseconds(20)).error().error; }).join();
  CHECK(error == Error::lock_timeout);
}

TEST_CASE("another_object_waits_and_gives_up_in_time") {
  const TempDir temp;
  LockFile holder(temp.path() / "lock", LockByte::writer);
  LockFile waiter(temp.path() / "lock", LockByte::writer);
  const auto guard = holder.acquire(kAtOnce).value();
  CHECK(waiter.acquire(milliseconds(20)).error().error == Error::lock_timeout);
}

TEST_CASE("threads_on_shared_and_on_own_objects_are_never_inside_together") {
  const TempDir temp;
  LockFile shared(temp.path() / "lock", LockByte::writer);
  int inside = 0;  // plain: the sanitizer sees it where the lock does not exclude
  std::atomic<int> wrong{0};
  const auto work = [&](LockFile& lock) {
    for (int i = 0; i < 200; ++i) {
      const auto guard = lock.acquire(kLongEnough).value();
      if (++inside != 1) ++wrong;
      --inside;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { work(shared); });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(inside == 0);
}

TEST_CASE("a_waiting_thread_gets_the_lock_once_it_is_free") {
  const TempDir temp;
  LockFile a(temp.path() / "lock", LockByte::writer);
  LockFile b(temp.path() / "lock", LockByte::writer);
  std::optional guard(a.acquire(kAtOnce).value());
  bool locked = false;
  std::thread waiter([&] { locked = b.acquire(kLongEnough).has_value(); });
  guard.reset();
  waiter.join();
  CHECK(locked);
}

TEST_CASE("a_missing_directory_is_not_found") {
  const TempDir temp;
  LockFile lock(temp.path() / "no" / "lock", LockByte::writer);
  CHECK(lock.acquire(kAtOnce).error().error == Error::not_found);
  CHECK(is_locked(temp.path() / "no" / "lock", LockByte::writer).error().error == Error::not_found);
}

TEST_CASE("a_descriptor_that_the_host_closed_is_opened_again") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  LockFile other(temp.path() / "lock", LockByte::writer);
  REQUIRE(can_lock(lock));
  REQUIRE(::close(descriptor_of(temp.path() / "lock")) == 0);
  const auto guard = lock.acquire(kAtOnce).value();
  CHECK_FALSE(can_lock(other));
}

TEST_CASE("a_descriptor_number_that_the_host_reused_is_left_to_the_host") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  LockFile other(temp.path() / "lock", LockByte::writer);
  REQUIRE(can_lock(lock));
  const int number = descriptor_of(temp.path() / "lock");
  write_file(temp.path() / "host", "host");
  const int host = ::open((temp.path() / "host").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::dup3(host, number, O_CLOEXEC) == number);  // closes ours and takes its number
  {
    const auto guard = lock.acquire(kAtOnce).value();
    CHECK_FALSE(can_lock(other));
    CHECK_FALSE(is_locked(temp.path() / "host", LockByte::writer).value());
  }
  CHECK(can_lock(other));
  char byte = 0;
  CHECK(::pread(number, &byte, 1, 0) == 1);
  ::close(number);
  ::close(host);
}

TEST_CASE("a_lock_file_that_was_removed_is_noticed_and_made_again") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  {
    const auto guard = lock.acquire(kAtOnce).value();
    CHECK(lock.is_at_path());
    std::filesystem::remove(temp.path() / "lock");
    CHECK_FALSE(lock.is_at_path());
  }
  const auto guard = lock.acquire_at_path(kAtOnce).value();
  CHECK(lock.is_at_path());
}

TEST_CASE("a_lock_at_the_path_excludes_whoever_comes_after_a_removal") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  REQUIRE(can_lock(lock));
  std::filesystem::remove(temp.path() / "lock");
  LockFile newcomer(temp.path() / "lock", LockByte::writer);
  REQUIRE(can_lock(newcomer));
  const auto guard = lock.acquire_at_path(kAtOnce).value();
  CHECK_FALSE(can_lock(newcomer));
}

TEST_CASE("a_lock_file_that_was_replaced_is_noticed") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  const auto guard = lock.acquire(kAtOnce).value();
  write_file(temp.path() / "new", "");
  std::filesystem::rename(temp.path() / "new", temp.path() / "lock");
  CHECK_FALSE(lock.is_at_path());
}

TEST_CASE("a_child_forked_while_the_lock_is_held_does_not_hold_it") {
  const TempDir temp;
  LockFile lock(temp.path() / "lock", LockByte::writer);
  std::optional guard(lock.acquire(kAtOnce).value());
  const Pipe tried;
  const Pipe released;
  Child child([&] {
    const bool alone = can_lock(lock);
    guard.reset();  // guards nothing here
    const bool alone_now = can_lock(lock);
    tried.tell();
    released.wait();
    const bool free = lock.acquire(kLongEnough).has_value();
    return !alone && !alone_now && free ? 0 : 1;
  });
  tried.wait();
  LockFile other(temp.path() / "lock", LockByte::writer);
  CHECK_FALSE(can_lock(other));
  guard.reset();
  CHECK(can_lock(other));  // although the child lives
  released.tell();
  CHECK(child.reap() == 0);
}

TEST_CASE("a_lock_ends_with_its_holder_although_a_child_of_the_holder_lives") {
  const TempDir temp;
  const Pipe child_lives;
  const Pipe end;
  Child holder([&]() -> int {
    LockFile lock(temp.path() / "lock", LockByte::writer);
    const auto guard = lock.acquire(kAtOnce);
    if (::fork() == 0) {  // no Child, which would die with its parent
      child_lives.tell();
      end.wait();
      ::_exit(0);
    }
    child_lives.wait();
    ::_exit(guard ? 0 : 1);  // without giving it back
  });
  REQUIRE(holder.reap() == 0);
  LockFile lock(temp.path() / "lock", LockByte::writer);
  CHECK(can_lock(lock));
  end.tell();
}
