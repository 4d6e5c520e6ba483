#include "observe/pipes.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace zccache::observe {
namespace {

// Appends what is there. Whether anything was; closes the pipe at its end.
bool drain(tools::Descriptor& pipe, std::string& bytes) {
  std::array<char, 1 << 16> chunk;
  while (pipe) {
    const ssize_t n = ::read(pipe.get(), chunk.data(), chunk.size());
    if (n > 0) {
      bytes.append(chunk.data(), static_cast<std::size_t>(n));
      return true;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno != EAGAIN) pipe.reset();
    break;
  }
  return false;
}

// As it is: what is written there comes out with nothing added.
bool make_raw(int terminal, const winsize& size) noexcept {
  termios modes{};
  if (::tcgetattr(terminal, &modes) != 0) return false;
  ::cfmakeraw(&modes);
  return ::tcsetattr(terminal, TCSANOW, &modes) == 0 && ::ioctl(terminal, TIOCSWINSZ, &size) == 0;
}

}  // namespace

bool Pipe::open_like(int stream) noexcept {
  winsize size{};
  if (::ioctl(stream, TIOCGWINSZ, &size) != 0) return open();
  tools::Descriptor ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ours || ::unlockpt(ours.get()) != 0 || ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) return open();
  tools::Descriptor theirs(::ioctl(ours.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!theirs || !make_raw(theirs.get(), size)) return open();
  read_end = std::move(ours);
  write_end = std::move(theirs);
  return true;
}

bool Pipe::open() noexcept {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  read_end = tools::Descriptor(ends[0]);
  write_end = tools::Descriptor(ends[1]);
  constexpr int kRoom = 1 << 20;  // preprocessed text is large: fewer switches to and fro
  ::fcntl(ends[0], F_SETPIPE_SZ, kRoom);
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

bool Streams::drain() {
  const bool more_output = observe::drain(output, output_bytes);
  const bool more_diagnostics = observe::drain(diagnostics, diagnostics_bytes);
  return more_output || more_diagnostics;
}

}  // namespace zccache::observe
