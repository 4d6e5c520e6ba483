#include "remote/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "remote/start.hpp"

namespace zccache::remote {
namespace {

using Clock = std::chrono::steady_clock;

/// Whether the descriptor has something to say, or has ended, in time.
bool wait_for(int fd, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Client::Client(const char* cache_directory, const RemoteSettings& settings)
    : directory_(cache_directory), left_(settings.deadline), place_(cache_directory, settings), breaker_(place_.breaker_file()) {}

// Nonblocking: to connect to a process that is stopped would wait without end once its backlog is full.
Client::Connection Client::connect() {
  Connection connection{tools::Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), 0};
  const sockaddr_un address = place_.address();
  if (::connect(connection.socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) connection.error = errno;
  return connection;
}

Client::Connection Client::connect_or_start() {
  Connection connection = connect();
  if (connection.error != ENOENT && connection.error != ECONNREFUSED) return connection;
  const tools::Descriptor ready = start_process(directory_);
  // Once for all compiles, and a machine that has much to do takes its time for it. So it has a limit of its own.
  constexpr std::chrono::seconds kLongestStart{2};
  if (ready && wait_for(ready.get(), Clock::now() + kLongestStart)) connection = connect();
  // Where it cannot run, not every compile has to try.
  constexpr std::uint32_t kTriesToStart = 2;
  if (connection.error != 0) breaker_.failed(kTriesToStart);
  return connection;
}

bool Client::wait_for_answer(int socket) {
  const auto begin = Clock::now();
  const bool came = wait_for(socket, begin + left_);
  left_ -= std::min(Clock::now() - begin, left_);
  return came;
}

/// Nothing where the process went away over the question.
std::optional<bool> Client::ask_once(const Question& question) {
  const Connection connection = connect_or_start();
  if (connection.error != 0) return false;
  const int socket = connection.socket.get();
  if (::send(socket, &question, sizeof question, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof question)) return std::nullopt;
  if (!wait_for_answer(socket)) {
    // Whoever comes next need not find out the same: it hangs, is stopped, or its server is too slow for us.
    breaker_.failed(0);
    return false;
  }
  char answer = 0;
  if (::recv(socket, &answer, 1, 0) != 1) return std::nullopt;
  return answer == static_cast<char>(Answer::yes);
}

bool Client::ask(const Question& question) {
  if (!std::exchange(has_looked_, true)) may_ask_ = breaker_.may_ask();
  if (!may_ask_) return false;
  if (const auto answer = ask_once(question)) return *answer;
  // It was just leaving, or was killed: the next one is asked, and if that dies too, it is no.
  return ask_once(question).value_or(false);
}

void Client::nudge(const Question& question) {
  Connection connection = connect();
  // Nobody waits for it to listen: what it finds when it starts are the marks.
  if (connection.error == ENOENT || connection.error == ECONNREFUSED) (void)start_process(directory_);
  if (connection.error == 0) (void)::send(connection.socket.get(), &question, sizeof question, MSG_NOSIGNAL);
}

}  // namespace zccache::remote
