// Turns calls that were stopped into events. The same for both ways of stopping them.
#pragma once

#include <sys/stat.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "observe/asker.hpp"
#include "observe/calls.hpp"
#include "observe/observer.hpp"
#include "observe/ring.hpp"

namespace zccache::observe {

/// A call before it is made.
struct StoppedCall {
  pid_t process = 0;
  int number = 0;
  std::uint32_t architecture = 0;
  std::array<std::uint64_t, 6> arguments{};
};

/// A descriptor that the command is started with, and that would tell it what no path shows.
struct InheritedInput {
  int number = 0;
  dev_t device = 0;
  ino_t inode = 0;
};

/// An event, and how far the log of the library was when it was asked: what a process noted before lies below.
struct StampedEvent {
  std::uint64_t position = 0;
  Event event;
};

class Recorder {
 public:
  /// `log` may be null.
  Recorder(const LogHeader* log, std::vector<InheritedInput> inputs) : log_(log), inputs_(std::move(inputs)) {}

  /// Notes what is asked. Never throws: where memory ends, so does the recording, and the run says so.
  void note(const StoppedCall& question) noexcept;

  /// Whether each call that is about files has stopped at least once: see provoke() in child.cpp.
  [[nodiscard]] bool has_seen_all_calls() const noexcept;

  /// The process was gone by the time that we looked: whatever was noted since then is not about it.
  [[nodiscard]] std::size_t mark() const noexcept { return events_.size(); }
  void forget_since(std::size_t mark) noexcept;

  void refuse(std::string reason);  ///< each is kept once

  [[nodiscard]] std::uint64_t images() const noexcept { return images_; }  ///< programs that were begun
  [[nodiscard]] std::vector<StampedEvent> take_events() noexcept { return std::move(events_); }
  [[nodiscard]] std::vector<std::string> take_reasons();

 private:
  static constexpr std::size_t kMostCalls = 512;

  void note_call(const StoppedCall& question, const CallShape& shape);
  void note_open(const StoppedCall& question, const CallShape& shape, int flags, unsigned mode);
  void note_open_how(const StoppedCall& question, const CallShape& shape);
  void note_execute(const StoppedCall& question, const CallShape& shape);
  void note_image(const Asker& asker, const Place& place, const FileStatus& status, int depth);
  void note_status(const StoppedCall& question, const CallShape& shape);
  void note_access(const StoppedCall& question, const CallShape& shape);
  void note_read_link(const StoppedCall& question, const CallShape& shape);
  void note_descriptor(const StoppedCall& question, const CallShape& shape, Call call);
  void note_change(const StoppedCall& question, const CallShape& shape);
  void note_names(const StoppedCall& question, const CallShape& shape, Call call);
  void note_input(const StoppedCall& question, const CallShape& shape);
  void note_address(const StoppedCall& question, const CallShape& shape);
  void note_clone(const StoppedCall& question, const CallShape& shape);

  [[nodiscard]] bool find(const StoppedCall& question, const CallShape& shape, Place& place);
  [[nodiscard]] bool is_clear(int error, const StoppedCall& question);
  [[nodiscard]] bool existed(const std::string& path, bool exists);
  Event& add(Call call, pid_t process, Place place);

  const LogHeader* log_;
  std::vector<InheritedInput> inputs_;
  std::vector<StampedEvent> events_;
  std::vector<std::string> reasons_;
  std::unordered_map<std::string, bool> touched_;  ///< paths that were changed: whether they were there before
  std::uint64_t images_ = 0;
  std::bitset<kMostCalls> seen_;  ///< numbers of calls that stopped
  bool out_of_memory_ = false;
};

}  // namespace zccache::observe
