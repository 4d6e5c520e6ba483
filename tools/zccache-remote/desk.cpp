#include "zccache-remote/desk.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace zccache::remote {
namespace {

constexpr std::chrono::seconds kAbsentFor{60};
// What a build of a large project misses at most; older ones are forgotten all at once.
constexpr std::size_t kMostAbsent = 100'000;

}  // namespace

void Desk::send(const std::vector<tools::Descriptor>& clients, Answer answer) {
  for (const tools::Descriptor& client : clients) (void)!::send(client.get(), &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Desk::ask(const Errand& errand, tools::Descriptor client) {
  std::vector<tools::Descriptor> clients;
  if (client) clients.push_back(std::move(client));
  {
    const std::lock_guard lock(mutex_);
    const auto absent = absent_until_.find(errand);
    if (closed_ || (absent != absent_until_.end() && Clock::now() < absent->second)) return send(clients, Answer::no);
    const auto [place, is_new] = waiting_.try_emplace(errand);
    for (tools::Descriptor& one : clients) place->second.push_back(std::move(one));
    if (!is_new) return;
    queue_.push_back(errand);
  }
  changed_.notify_one();
}

std::vector<Errand> Desk::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
  if (closed_) return {};
  const std::size_t share = (queue_.size() + threads_ - 1) / threads_;
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(share, most_at_once_));
  std::vector<Errand> taken(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return taken;
}

void Desk::answer(const Errand& errand, Answer answer, bool absent) {
  const std::lock_guard lock(mutex_);
  if (absent) {
    if (absent_until_.size() >= kMostAbsent) absent_until_.clear();
    absent_until_[errand] = Clock::now() + kAbsentFor;
  }
  const auto waiting = waiting_.extract(errand);
  if (waiting) send(waiting.mapped(), answer);
}

void Desk::dismiss_all() {
  const std::lock_guard lock(mutex_);
  for (const Errand& errand : queue_) {
    if (const auto waiting = waiting_.extract(errand)) send(waiting.mapped(), Answer::no);
  }
  queue_.clear();
  dismissed_ = true;
}

bool Desk::was_dismissed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(dismissed_, false);
}

void Desk::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool Desk::is_idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

}  // namespace zccache::remote
