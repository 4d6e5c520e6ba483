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

/// Whether one of them has something to say, or has ended, in time.
bool wait_for_any(std::span<pollfd> polled, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool wait_for(int fd, Clock::time_point end) {
  pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
  return wait_for_any({&one, 1}, end);
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
  const auto took = Clock::now() - begin;
  waited_ += took;
  left_ -= std::min(took, left_);
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

bool Client::may_ask() {
  if (!std::exchange(has_looked_, true)) may_ask_ = breaker_.may_ask();
  return may_ask_;
}

bool Client::ask(const Question& question) {
  if (!may_ask()) return false;
  if (const auto answer = ask_once(question)) return *answer;
  // It was just leaving, or was killed: the next one is asked, and if that dies too, it is no.
  return ask_once(question).value_or(false);
}

std::vector<bool> Client::ask_all(std::span<const Question> questions, std::chrono::milliseconds longest) {
  constexpr std::size_t kMostAtOnce = 256;             // half of the backlog
  constexpr std::chrono::seconds kLongestSilence{15};  // more than any request takes
  struct Asked {
    tools::Descriptor socket;
    std::size_t question;
  };
  std::vector<bool> answers(questions.size());
  if (!may_ask()) return answers;
  const auto end = Clock::now() + longest;
  std::vector<Asked> asked;
  for (std::size_t next = 0; next < questions.size() || !asked.empty();) {
    for (; next < questions.size() && asked.size() < kMostAtOnce; ++next) {
      // Once it is open, those that were asked are still answered.
      Connection connection = breaker_.is_open() ? Connection{tools::Descriptor(), ECONNABORTED} : connect_or_start();
      if (connection.error != 0) break;
      const bool sent = ::send(connection.socket.get(), &questions[next], sizeof(Question), MSG_NOSIGNAL) == sizeof(Question);
      if (sent) asked.push_back({std::move(connection.socket), next});
    }
    if (asked.empty()) break;
    std::vector<pollfd> polled;
    for (const Asked& one : asked) polled.push_back({.fd = one.socket.get(), .events = POLLIN, .revents = 0});
    if (!wait_for_any(polled, std::min(end, Clock::now() + kLongestSilence))) break;
    for (std::size_t i = polled.size(); i-- != 0;) {
      if (polled[i].revents == 0) continue;
      char answer = 0;
      answers[asked[i].question] = ::recv(asked[i].socket.get(), &answer, 1, 0) == 1 && answer == static_cast<char>(Answer::yes);
      asked[i] = std::move(asked.back());
      asked.pop_back();
    }
  }
  return answers;
}

void Client::nudge(const Question& question) {
  Connection connection = connect();
  // Nobody waits for it to listen: what it finds when it starts are the marks.
  if (connection.error == ENOENT || connection.error == ECONNREFUSED) (void)start_process(directory_);
  if (connection.error == 0) (void)::send(connection.socket.get(), &question, sizeof question, MSG_NOSIGNAL);
}

}  // namespace zccache::remote
