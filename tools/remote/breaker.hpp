// The breaker: after failures nobody asks for a while. Its state is a file in the cache directory, so that every process knows what one
// learned.
//
// Two words, read and written without a lock. Two failures at once may count as one, and a kill between the two leaves either state: all that a
// wrong one costs is a question too many, or a compile that could have been a hit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace zccache::remote {

class Breaker {
 public:
  explicit Breaker(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] bool is_open() const noexcept;
  /// Whether to ask now. Once its time is over, for one of those who want to: the others wait for what that one finds.
  [[nodiscard]] bool may_ask() noexcept;
  /// After `tolerated` failures in a row the next one opens it: for 10 s, twice as long each time, at most 5 min.
  void failed(std::uint32_t tolerated) noexcept;
  /// Closes it. Costs a look where it is closed.
  void succeeded() noexcept;

 private:
  struct State {
    std::uint64_t open_until_millis = 0;  ///< of the clock that goes on during a suspend
    std::uint64_t failures = 0;           ///< in a row
  };
  [[nodiscard]] static bool is_open(const State& state) noexcept;
  [[nodiscard]] State read() const noexcept;
  void write(const State& state) noexcept;

  const std::string file_;
};

}  // namespace zccache::remote
