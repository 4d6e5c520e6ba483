// Our own store behind a server on a Unix socket: what a cache with a daemon does. A lookup is one round trip.
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zccache/artifact_store.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "child.hpp"
#include "common/descriptor.hpp"
#include "engines/all.hpp"
#include "flat_record.hpp"

namespace zccache::bench {
namespace {

// A message is one packet: what is asked, then a key, or lengths and bytes of keys and flat records. The answer to a lookup is the flat record,
// or kNone; to the others, kDone.
enum class Asked : char { lookup = 'l', insert = 'i', flush = 'f' };
constexpr std::string_view kNone = "n";
constexpr std::string_view kDone = "d";
constexpr std::size_t kMostBytes = 64 << 10;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {
    if (!descriptor_) fail("socket");
  }

  [[nodiscard]] int get() const noexcept { return descriptor_.get(); }
  void put(std::string_view message) const {
    if (send(get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size())) fail("send");
  }
  /// Empty when the other side is gone. Valid until the next.
  [[nodiscard]] std::string_view take(std::vector<char>& buffer) const {
    const ssize_t count = recv(get(), buffer.data(), buffer.size(), 0);
    if (count < 0) fail("recv");
    return {buffer.data(), static_cast<std::size_t>(count)};
  }

 private:
  tools::Descriptor descriptor_;
};

Socket new_socket() { return Socket(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)); }

/// An abstract name, since that of a file may be longer than an address holds.
struct Address {
  explicit Address(const std::filesystem::path& directory) {
    const std::string name = fmt::format("zccache-bench-{:x}", std::hash<std::string>()(directory.string()));
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address); }

  sockaddr_un address{};
  socklen_t bytes;
};

// --- What an insert carries. ---

void put_text(std::string& message, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  message.append(reinterpret_cast<const char*>(&size), sizeof size);
  message += text;
}

std::string_view take_text(std::string_view& rest) {
  std::uint32_t size = 0;
  std::memcpy(&size, rest.data(), sizeof size);
  const std::string_view text = rest.substr(sizeof size, size);
  rest.remove_prefix(sizeof size + size);
  return text;
}

// --- The server. ---

class Server {
 public:
  Server(const std::filesystem::path& directory, OpenOptions options) : store_(ArtifactStore::open(directory, options).value()) {
    const Address address(directory);
    Socket listener = new_socket();
    if (bind(listener.get(), address.get(), address.bytes) != 0 || listen(listener.get(), SOMAXCONN) != 0) fail("bind");
    watch(std::move(listener));
  }

  [[noreturn]] void run() {
    while (true) {
      if (poll(watched_.data(), watched_.size(), -1) < 0) fail("poll");
      const bool somebody_new = watched_.front().revents != 0;
      for (std::size_t i = watched_.size() - 1; i > 0; --i) {
        if (watched_[i].revents != 0) serve(i);
      }
      if (somebody_new) watch(Socket(accept4(watched_.front().fd, nullptr, nullptr, SOCK_CLOEXEC)));
    }
  }

 private:
  void watch(Socket socket) {
    watched_.push_back({socket.get(), POLLIN, 0});
    sockets_.push_back(std::move(socket));
  }

  void serve(std::size_t i) {
    const std::string_view message = sockets_[i].take(buffer_);
    if (!message.empty()) return sockets_[i].put(answer(static_cast<Asked>(message.front()), message.substr(1)));
    watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
    sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  std::string answer(Asked asked, std::string_view rest) {
    if (asked == Asked::lookup) {
      const ArtifactView found = store_.find(rest);
      return found ? flat_record(found.to_artifact()) : std::string(kNone);
    }
    if (asked == Asked::flush) {
      store_.flush().value();
      return std::string(kDone);
    }
    std::vector<std::pair<std::string, Artifact>> entries;
    while (!rest.empty()) {
      std::string key(take_text(rest));
      entries.emplace_back(std::move(key), artifact_of(take_text(rest)));
    }
    static_cast<void>(store_.insert_many(entries).value());
    return std::string(kDone);
  }

  ArtifactStore store_;
  std::vector<char> buffer_ = std::vector<char>(kMostBytes);
  std::vector<pollfd> watched_;  ///< the listener first
  std::vector<Socket> sockets_;  ///< parallel to it
};

// --- The client. ---

class Client {
 public:
  explicit Client(const Address& address) : socket_(new_socket()), answer_(kMostBytes) {
    if (connect(socket_.get(), address.get(), address.bytes) != 0) fail("connect");
  }

  /// Valid until the next.
  std::string_view ask(Asked asked, std::string_view rest) {
    message_.assign(1, static_cast<char>(asked));
    message_ += rest;
    socket_.put(message_);
    const std::string_view answer = socket_.take(answer_);
    if (answer.empty()) throw std::runtime_error("the server is gone");
    return answer;
  }

 private:
  Socket socket_;
  std::vector<char> answer_;
  std::string message_;
};

class SocketReader : public Reader {
 public:
  explicit SocketReader(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      const std::string_view flat = client_->ask(Asked::lookup, key);
      return flat == kNone ? Probe::kAbsent : total_size_of(flat.data());
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    const std::string_view flat = client_->ask(Asked::lookup, key);
    if (flat == kNone) return std::nullopt;
    return artifact_of(flat);
  }

 private:
  std::shared_ptr<Client> client_;
};

/// The session's own connection serves its first reader; each further one, which another thread may have, gets a connection of its own.
class SocketSession : public Session {
 public:
  explicit SocketSession(const std::filesystem::path& directory) : address_(directory), client_(std::make_shared<Client>(address_)) {}

  std::unique_ptr<Reader> reader(std::size_t /*style*/) override {
    return std::make_unique<SocketReader>(client_.use_count() == 1 ? client_ : std::make_shared<Client>(address_));
  }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) insert_together({&entry, 1});
  }

  void insert_together(std::span<const Entry> entries) override {
    std::string message;
    for (const Entry& entry : entries) {
      put_text(message, entry.key);
      put_text(message, flat_record(entry.artifact));
      if (message.size() > kMostBytes / 2) send(message);
    }
    if (!message.empty()) send(message);
  }

  void flush() override { static_cast<void>(client_->ask(Asked::flush, {})); }

 private:
  void send(std::string& message) {
    static_cast<void>(client_->ask(Asked::insert, message));
    message.clear();
  }

  Address address_;
  std::shared_ptr<Client> client_;
};

class SocketEngine : public Engine {
 public:
  std::string name() const override { return "socket"; }
  Abilities abilities() const override { return {.durable = false}; }  // its store is ours, and is measured as such

  std::unique_ptr<Service> serve(const std::filesystem::path& directory, std::size_t /*entries*/) const override {
    return fork_service([&](const std::function<void()>& ready) {
      OpenOptions options;
      options.flusher = Flusher::caller;
      Server server(directory, options);
      ready();
      server.run();
    });
  }

  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access /*access*/) const override {
    return std::make_unique<SocketSession>(directory);
  }
};

}  // namespace

std::unique_ptr<Engine> make_socket_engine() { return std::make_unique<SocketEngine>(); }

}  // namespace zccache::bench
