#include "child.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace zccache::bench {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class ChildService : public Service {
 public:
  explicit ChildService(Child child) : child_(std::move(child)) {}

 private:
  Child child_;
};

}  // namespace

Pipe::Pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  reading = tools::Descriptor(ends[0]);
  writing = tools::Descriptor(ends[1]);
}

Child::Child(const std::function<void()>& body) : pid_(fork()) {
  if (pid_ < 0) fail("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "zccache-bench: a child ended: {}\n", error.what());
    _exit(EXIT_FAILURE);
  }
  _exit(EXIT_SUCCESS);  // no destructor and no buffer of the parent's is the child's business
}

Child::~Child() {
  if (pid_ > 0) kill(pid_, SIGKILL);
  wait();
}

void Child::wait() noexcept {
  if (pid_ > 0) waitpid(std::exchange(pid_, 0), nullptr, 0);
}

std::unique_ptr<Service> fork_service(const std::function<void(const std::function<void()>& ready)>& body) {
  Pipe ready;
  Child child([&] {
    body([&] {
      [[maybe_unused]] const ssize_t written = write(ready.writing.get(), "r", 1);
      ready.writing.reset();
    });
  });
  ready.writing.reset();
  char byte = 0;
  if (read(ready.reading.get(), &byte, 1) != 1) throw std::runtime_error("a service did not come up");
  return std::make_unique<ChildService>(std::move(child));
}

}  // namespace zccache::bench
