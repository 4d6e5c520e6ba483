// The launcher's side: one question with a deadline. Whatever goes wrong, the answer is no.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "common/descriptor.hpp"
#include "remote/breaker.hpp"
#include "remote/meeting_place.hpp"
#include "remote/question.hpp"
#include "remote/settings.hpp"

namespace zccache::remote {

/// For one compile: its deadline is for all questions together, and counts only what it waits.
class Client {
 public:
  Client(const char* cache_directory, const RemoteSettings& settings);

  /// Whether the remote had it; then it is in the local index. Starts zccache-remote where it does not run.
  [[nodiscard]] bool ask(const Question& question);
  /// Asks many at once, for somebody who fetches ahead: the answer to each. No compile waits for it, so the deadline does not count.
  [[nodiscard]] std::vector<bool> ask_all(std::span<const Question> questions, std::chrono::milliseconds longest);
  /// How long ask() has waited for answers.
  [[nodiscard]] std::chrono::milliseconds waited() const { return std::chrono::ceil<std::chrono::milliseconds>(waited_); }
  /// Tells that something is to go up, and waits for nothing. A message that is lost costs time: the mark is in the index.
  void nudge(const Question& question);

 private:
  using Clock = std::chrono::steady_clock;
  /// Connected; or the errno of why not.
  struct Connection {
    tools::Descriptor socket;
    int error = 0;
  };
  [[nodiscard]] Connection connect();
  [[nodiscard]] Connection connect_or_start();
  [[nodiscard]] std::optional<bool> ask_once(const Question& question);
  [[nodiscard]] bool wait_for_answer(int socket);
  [[nodiscard]] bool may_ask();

  const char* const directory_;
  Clock::duration left_;
  Clock::duration waited_{};
  MeetingPlace place_;
  Breaker breaker_;
  bool may_ask_ = false;
  bool has_looked_ = false;
};

}  // namespace zccache::remote
