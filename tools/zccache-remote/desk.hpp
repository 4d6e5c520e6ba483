// Where questions wait for somebody who can ask a server. One question asked by many processes is asked once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "common/descriptor.hpp"
#include "remote/question.hpp"
#include "zccache-cc/facts/digest.hpp"

namespace zccache::remote {

/// A question without what is not part of its meaning; uploads are questions that nobody waits for.
struct Errand {
  QuestionKind kind = QuestionKind::manifest;
  cc::ContentDigest key;
  auto operator<=>(const Errand&) const = default;
};

/// Thread-safe.
class Desk {
 public:
  /// For so many threads, each of which takes so many errands along at most.
  Desk(std::size_t threads, std::size_t most_at_once) : threads_(threads), most_at_once_(most_at_once) {}

  /// `client` gets the answer: at once where the server is known to lack it, else by answer(). None: nobody waits.
  void ask(const Errand& errand, tools::Descriptor client);
  /// A thread's share of what waits; waits for one. Empty once the desk is closed.
  [[nodiscard]] std::vector<Errand> next();
  /// To all who wait for it. `absent`: for a minute it is not asked for again.
  void answer(const Errand& errand, Answer answer, bool absent);
  /// Nothing that waits is worth waiting for: all are answered no, but for what is being asked right now.
  void dismiss_all();
  /// Whether that was done since this was last asked.
  [[nodiscard]] bool was_dismissed();
  void close();

  [[nodiscard]] bool is_idle() const;

 private:
  using Clock = std::chrono::steady_clock;
  static void send(const std::vector<tools::Descriptor>& clients, Answer answer);

  const std::size_t threads_;
  const std::size_t most_at_once_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  bool dismissed_ = false;
  std::deque<Errand> queue_;
  std::map<Errand, std::vector<tools::Descriptor>> waiting_;  ///< queued, or being asked
  std::map<Errand, Clock::time_point> absent_until_;
};

}  // namespace zccache::remote
