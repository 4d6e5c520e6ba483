#include "remote/breaker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "common/descriptor.hpp"

namespace zccache::remote {
namespace {

constexpr std::uint64_t kShortestMillis = 10'000;
constexpr std::uint64_t kLongestMillis = 300'000;

std::uint64_t now_millis() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

std::uint64_t pause_after(std::uint64_t openings) noexcept {
  constexpr std::uint64_t kEnough = 5;  // 10 s doubled so often is longer than the longest
  return std::min(kShortestMillis << std::min(openings, kEnough), kLongestMillis);
}

}  // namespace

Breaker::State Breaker::read() const noexcept {
  State state;
  const tools::Descriptor file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file || ::pread(file.get(), &state, sizeof state, 0) != static_cast<ssize_t>(sizeof state)) return {};
  return state;
}

void Breaker::write(const State& state) noexcept {
  const tools::Descriptor file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file) (void)!::pwrite(file.get(), &state, sizeof state, 0);
}

// A time further away than any pause is of another boot.
bool Breaker::is_open(const State& state) noexcept {
  const std::uint64_t now = now_millis();
  return now < state.open_until_millis && state.open_until_millis - now <= kLongestMillis;
}

bool Breaker::is_open() const noexcept { return is_open(read()); }

bool Breaker::may_ask() noexcept {
  State state = read();
  if (is_open(state)) return false;
  if (state.open_until_millis != 0) {
    // Whoever dies over this question has kept the others from asking for one pause. Two who read the same both ask.
    state.open_until_millis = now_millis() + kShortestMillis;
    write(state);
  }
  return true;
}

void Breaker::failed(std::uint32_t tolerated) noexcept {
  State state = read();
  ++state.failures;
  if (state.failures > tolerated) state.open_until_millis = now_millis() + pause_after(state.failures - tolerated - 1);
  write(state);
}

void Breaker::succeeded() noexcept {
  const State state = read();
  if (state.failures != 0) write({});
}

}  // namespace zccache::remote
