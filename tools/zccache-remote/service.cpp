#include "zccache-remote/service.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zccache/artifact_store.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <vector>

#include "common/outcome.hpp"
#include "remote/meeting_place.hpp"
#include "remote/start.hpp"
#include "zccache-cc/facts/upload_mark.hpp"
#include "zccache-cc/platform/decision_log.hpp"
#include "zccache-remote/levels_backend.hpp"
#include "zccache-remote/worker.hpp"

namespace zccache::remote {
namespace {

using Clock = std::chrono::steady_clock;

// Byte 0 says that somebody serves; byte 1 is held while that changes. Who wants to serve waits for byte 1 and then looks at byte 0: either
// somebody listens already, or nobody does. Both are the kernel's, and go with a kill.
enum LockByte : off_t { kServing = 0, kChanging = 1 };

bool lock(int fd, LockByte byte, short type, int command) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  while (::fcntl(fd, command, &range) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

std::string setting(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

Authority authority_of(const RemoteSettings& settings) {
  Authority authority{.name_space = settings.name_space, .trust = {}, .signer = {}};
  if (const std::string file = setting("ZCCACHE_REMOTE_TRUST"); !file.empty()) authority.trust = Trust::from_file(file);
  if (const std::string file = setting("ZCCACHE_REMOTE_SIGN_KEY"); !file.empty()) authority.signer = Signer::from_file(file);
  return authority;
}

class Service {
 public:
  Service(ArtifactStore& store, MeetingPlace& place, const RemoteSettings& settings)
      : store_(store), place_(place), settings_(settings), authority_(authority_of(settings)) {}
  ~Service() {
    questions_.close();
    uploads_.close();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] bool hire() {
    for (std::size_t i = 0; i < kAskers; ++i) {
      if (!hire_for(questions_)) return false;
    }
    for (std::size_t i = 0; settings_.writes && i < kSenders; ++i) {
      if (!hire_for(uploads_)) return false;
    }
    return true;
  }

  [[nodiscard]] bool listen() {
    listener_ = tools::Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::unlink(place_.socket().c_str());
    const sockaddr_un address = place_.address();
    constexpr int kBacklog = 512;
    struct stat status {};
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
    if (::listen(listener_.get(), kBacklog) != 0 || ::stat(place_.socket().c_str(), &status) != 0) return false;
    inode_ = status.st_ino;
    return true;
  }

  void run() {
    queue_marks();
    constexpr std::chrono::seconds kRetryAfter{20};
    auto last_question = Clock::now();
    auto last_walk = last_question;
    while (is_reachable()) {
      if (answer_some() || !questions_.is_idle()) last_question = Clock::now();
      // What a server did not take is offered again, but does not keep this process alive.
      if (Clock::now() - last_walk > kRetryAfter && uploads_.was_dismissed()) {
        queue_marks();
        last_walk = Clock::now();
      }
      if (Clock::now() - last_question >= settings_.idle && uploads_.is_idle()) return;
    }
  }

 private:
  bool hire_for(Desk& desk) {
    auto backend = make_servers(settings_.server, place_.breaker_file(), Limits{});
    if (!backend) {
      cc::log_decision(LogLevel::error, "remote: ZCCACHE_REMOTE has a URL that zccache-remote does not know, or one with a password in it");
      return false;
    }
    workers_.emplace_back(desk, store_, std::move(backend), authority_, place_.breaker_file());
    return true;
  }

  // Those that an earlier process left, killed or without a server.
  void queue_marks() {
    if (!settings_.writes) return;
    store_.for_each([this](const ArtifactView& entry) {
      if (const auto result = cc::marked_for_upload(entry.key())) uploads_.ask({QuestionKind::upload, *result}, tools::Descriptor());
      return true;
    });
  }

  /// Whether our socket is still the one at its path: a cache directory may be removed, or made anew.
  [[nodiscard]] bool is_reachable() const {
    struct stat status {};
    return ::stat(place_.socket().c_str(), &status) == 0 && status.st_ino == inode_;
  }

  /// Waits a moment for something to do. Whether there was.
  bool answer_some() {
    constexpr int kLookAgainMillis = 1000;
    std::vector<pollfd> polled = {{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    for (const tools::Descriptor& client : clients_) polled.push_back({.fd = client.get(), .events = POLLIN, .revents = 0});
    const int wait = static_cast<int>(std::clamp<std::int64_t>(settings_.idle.count(), 1, kLookAgainMillis));
    if (::poll(polled.data(), polled.size(), wait) <= 0) return false;
    for (std::size_t i = polled.size() - 1; i != 0; --i) {
      if (polled[i].revents != 0) take_question(i - 1);
    }
    if (polled.front().revents != 0) take_clients();
    return true;
  }

  void take_clients() {
    for (;;) {
      tools::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!client) return;
      ucred peer{};
      socklen_t size = sizeof peer;
      const bool is_ours = ::getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
      if (is_ours) clients_.push_back(std::move(client));
    }
  }

  void take_question(std::size_t i) {
    tools::Descriptor client = std::move(clients_[i]);
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
    Question question;
    if (::recv(client.get(), &question, sizeof question, 0) != static_cast<ssize_t>(sizeof question)) return;
    const Errand errand{question.kind, {question.key}};
    switch (question.kind) {
      case QuestionKind::manifest:
      case QuestionKind::result:
        return questions_.ask(errand, std::move(client));
      case QuestionKind::upload:
        if (settings_.writes) uploads_.ask(errand, tools::Descriptor());
        return;
      case QuestionKind::finish_upload:
        if (settings_.writes) uploads_.ask({QuestionKind::upload, errand.key}, std::move(client));
    }
  }

  ArtifactStore& store_;
  MeetingPlace& place_;
  const RemoteSettings& settings_;
  const Authority authority_;
  tools::Descriptor listener_;
  ino_t inode_ = 0;
  std::vector<tools::Descriptor> clients_;
  static constexpr std::size_t kAskers = 8;       // as many as a build of one machine has questions at once, more or less
  static constexpr std::size_t kMostAtOnce = 32;  // of those that somebody asks who fetches ahead
  Desk questions_{kAskers, kMostAtOnce};
  static constexpr std::size_t kSenders = 4;
  Desk uploads_{kSenders, 1};
  std::deque<Worker> workers_;
};

}  // namespace

int serve(const std::filesystem::path& cache_directory, const RemoteSettings& settings) {
  MeetingPlace place(cache_directory.c_str(), settings);
  const tools::Descriptor lock_file(::open(place.lock_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_file || !lock(lock_file.get(), kChanging, F_WRLCK, F_OFD_SETLKW)) return tools::kCouldNot;
  if (!lock(lock_file.get(), kServing, F_WRLCK, F_OFD_SETLK)) return tools::kNo;
  OpenOptions options = OpenOptions::from_environment();
  options.flusher = Flusher::caller;
  auto store = ArtifactStore::open(cache_directory, options);
  if (!store) {
    cc::log_decision(LogLevel::error, "remote: " + store.error().message());
    return tools::kCouldNot;
  }
  Service service(*store, place, settings);
  if (!service.hire() || !service.listen()) return tools::kCouldNot;
  lock(lock_file.get(), kChanging, F_UNLCK, F_OFD_SETLK);
  ::close(kReadyDescriptor);
  service.run();
  // Whoever connected and was not accepted sees the connection close, and asks the next one, which waits for this lock.
  lock(lock_file.get(), kChanging, F_WRLCK, F_OFD_SETLKW);
  ::unlink(place.socket().c_str());
  return tools::kGood;
}

}  // namespace zccache::remote
