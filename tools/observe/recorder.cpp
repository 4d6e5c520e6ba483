#include "observe/recorder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "common/descriptor.hpp"
#include "observe/answers.hpp"
#include "observe/image.hpp"

namespace zccache::observe {
namespace {

constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// Interpreters of interpreters: as many as the kernel follows.
constexpr int kDeepestInterpreter = 5;

std::uint64_t argument(const StoppedCall& question, std::int8_t number) { return number == kNone ? 0 : question.arguments[number]; }
int int_argument(const StoppedCall& question, std::int8_t number) { return static_cast<int>(argument(question, number)); }

int directory_of(const StoppedCall& question, std::int8_t number) { return number == kNone ? AT_FDCWD : int_argument(question, number); }

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0; }

}  // namespace

void Recorder::note(const StoppedCall& question) noexcept {
  if (out_of_memory_) return;
  try {
    const CallShape* shape = question.architecture == native_architecture() ? shape_of(question.number) : nullptr;
    if (shape == nullptr) {
      refuse("makes calls of another architecture");
    } else {
      seen_.set(static_cast<std::size_t>(question.number));
      note_call(question, *shape);
    }
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
  }
}

void Recorder::note_call(const StoppedCall& question, const CallShape& shape) {
  switch (shape.asks) {
    case Asks::open:
      return note_open(question, shape, int_argument(question, shape.flags), static_cast<unsigned>(argument(question, shape.mode)));
    case Asks::open_how:
      return note_open_how(question, shape);
    case Asks::create:
      return note_open(question, shape, O_CREAT | O_WRONLY | O_TRUNC, static_cast<unsigned>(argument(question, shape.mode)));
    case Asks::execute:
      return note_execute(question, shape);
    case Asks::status:
    case Asks::link_status:
      return note_status(question, shape);
    case Asks::access:
      return note_access(question, shape);
    case Asks::read_link:
      return note_read_link(question, shape);
    case Asks::list:
      return note_descriptor(question, shape, Call::list);
    case Asks::rename:
      return note_names(question, shape, Call::rename);
    case Asks::remove:
      return note_names(question, shape, Call::remove);
    case Asks::make:
    case Asks::link:
    case Asks::symlink:
      return note_names(question, shape, Call::make);
    case Asks::change:
      return note_change(question, shape);
    case Asks::change_directory:
      return note_descriptor(question, shape, Call::change_directory);
    case Asks::input:
      return note_input(question, shape);
    case Asks::address:
      return note_address(question, shape);
    case Asks::network:
      return refuse("opens a network socket");
    case Asks::message:
      return refuse("sends to a socket");
    case Asks::clone:
    case Asks::clone_how:
      return note_clone(question, shape);
    case Asks::control:
      return refuse("installs a seccomp filter");
    case Asks::refused:
      return refuse(shape.reason);
  }
}

bool Recorder::has_seen_all_calls() const noexcept {
  return std::ranges::all_of(
      observed_calls(), [&](const CallShape& shape) { return !is_about_files(shape) || seen_.test(static_cast<std::size_t>(shape.number)); });
}

// Whether the path could be read, or why there is no question: the kernel will refuse the call as well, or the process has ended.
bool Recorder::is_clear(int error, const StoppedCall& question) {
  if (error == EPERM || error == EACCES) refuse("a process of it may not be looked into");
  if (error != 0 && error != EPERM && error != EACCES && error != EFAULT && error != ESRCH && error != ENAMETOOLONG) {
    refuse("a path could not be read: " + std::string(std::strerror(error)) + " in process " + std::to_string(question.process));
  }
  return error == 0;
}

bool Recorder::find(const StoppedCall& question, const CallShape& shape, Place& place) {
  const Asker asker(question.process);
  return is_clear(asker.place(directory_of(question, shape.directory), argument(question, shape.path), place), question);
}

Event& Recorder::add(Call call, pid_t process, Place place) {
  StampedEvent& stamped = events_.emplace_back();
  // Acquire is more than is needed: what the process has noted happened before its call, and that before our being told of it.
  if (log_ != nullptr) stamped.position = log_->used.load(std::memory_order_acquire);
  stamped.event.call = call;
  stamped.event.process = process;
  stamped.event.path = std::move(place.path);
  stamped.event.spelled = std::move(place.spelled);
  return stamped.event;
}

bool Recorder::existed(const std::string& path, bool exists) { return touched_.try_emplace(path, exists).first->second; }

void Recorder::note_open(const StoppedCall& question, const CallShape& shape, int flags, unsigned mode) {
  Place place;
  if (!find(question, shape, place)) return;
  if ((flags & O_PATH) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
    const Answer answer = answer_to_status(place.reach, (flags & O_NOFOLLOW) == 0);
    Event& event = add((flags & O_NOFOLLOW) != 0 ? Call::link_status : Call::status, question.process, std::move(place));
    event.error = answer.error;
    event.status = answer.status;
    return;
  }
  if (!writes(flags)) {
    const Answer answer = answer_to_open_read(place.reach, flags);
    Event& event = add(Call::open_read, question.process, std::move(place));
    event.flags = flags;
    event.error = answer.error;
    event.status = answer.status;
    return;
  }
  const Answer answer = answer_to_open_write(place.reach, flags);
  const bool there = answer.status.links != 0;
  Event& event = add(Call::open_write, question.process, std::move(place));
  event.flags = flags;
  event.mode = (flags & O_CREAT) != 0 ? mode : 0;
  event.error = answer.error;
  event.status = answer.status;
  event.created = answer.error == 0 && !there;
  event.existed = existed(event.path, there);
}

void Recorder::note_open_how(const StoppedCall& question, const CallShape& shape) {
  open_how how{};
  const std::uint64_t length = std::min<std::uint64_t>(question.arguments[3], sizeof how);
  if (!is_clear(Asker(question.process).read(argument(question, shape.flags), &how, length), question)) return;
  if (how.resolve != 0) refuse("opens a file with rules for its path");
  note_open(question, shape, static_cast<int>(how.flags), static_cast<unsigned>(how.mode));
}

void Recorder::note_execute(const StoppedCall& question, const CallShape& shape) {
  Place place;
  if (!find(question, shape, place)) return;
  const bool follow = (int_argument(question, shape.flags) & AT_SYMLINK_NOFOLLOW) == 0;
  const Answer answer = answer_to_execute(place.reach, follow);
  Event& event = add(Call::execute, question.process, place);
  event.error = answer.error;
  event.status = answer.status;
  if (answer.error != 0) return;
  ++images_;
  note_image(Asker(question.process), place, answer.status, 0);
}

// The kernel opens interpreters and loaders itself: no call of the process shows them.
void Recorder::note_image(const Asker& asker, const Place& place, const FileStatus& status, int depth) {
  if ((status.mode & (S_ISUID | S_ISGID)) != 0) refuse("runs a set-user-ID program: " + place.path);
  const tools::Descriptor file(::open(place.reach.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return refuse("runs a program that may not be read: " + place.path);
  const Image image = look_at_image(file.get());
  if (image.kind == Image::Kind::foreign) return refuse("runs a program of another architecture: " + place.path);
  if (image.interpreter[0] == '\0' || depth == kDeepestInterpreter) return;
  Place interpreter;
  if (asker.place_of_text(AT_FDCWD, image.interpreter.data(), interpreter) != 0) return;
  const Answer answer = answer_to_execute(interpreter.reach, true);
  Event& event = add(Call::execute, asker.process(), interpreter);
  event.error = answer.error;
  event.status = answer.status;
  if (answer.error == 0) note_image(asker, interpreter, answer.status, depth + 1);
}

void Recorder::note_status(const StoppedCall& question, const CallShape& shape) {
  const Asker asker(question.process);
  const int directory = directory_of(question, shape.directory);
  std::string text;
  if (!is_clear(asker.read_text(argument(question, shape.path), text), question)) return;
  const int flags = int_argument(question, shape.flags);
  const bool of_descriptor = text.empty();
  if (of_descriptor && directory != AT_FDCWD) return;         // an fstat: it was opened by a question, or inherited
  if (of_descriptor && (flags & AT_EMPTY_PATH) == 0) return;  // fails, whatever is there
  Place place;
  if (!is_clear(asker.place_of_text(directory, std::move(text), place), question)) return;
  const bool follow = shape.asks == Asks::status && (flags & AT_SYMLINK_NOFOLLOW) == 0;
  const Answer answer = answer_to_status(place.reach, follow || of_descriptor);
  Event& event = add(follow ? Call::status : Call::link_status, question.process, std::move(place));
  event.error = answer.error;
  event.status = answer.status;
}

void Recorder::note_access(const StoppedCall& question, const CallShape& shape) {
  Place place;
  if (!find(question, shape, place)) return;
  const auto mode = static_cast<unsigned>(argument(question, shape.mode));
  const int error = answer_to_access(place.reach, mode, int_argument(question, shape.flags));
  Event& event = add(Call::access, question.process, std::move(place));
  event.mode = mode;
  event.error = error;
}

void Recorder::note_read_link(const StoppedCall& question, const CallShape& shape) {
  Place place;
  if (!find(question, shape, place)) return;
  std::string target;
  const int error = answer_to_read_link(place.reach, target);
  Event& event = add(Call::read_link, question.process, std::move(place));
  event.error = error;
  event.target = std::move(target);
}

// A directory that is listed or gone to. By name or by descriptor.
void Recorder::note_descriptor(const StoppedCall& question, const CallShape& shape, Call call) {
  Place place;
  const Asker asker(question.process);
  const int unclear = shape.path == kNone ? asker.place_of_descriptor(directory_of(question, shape.directory), place)
                                          : asker.place(AT_FDCWD, argument(question, shape.path), place);
  if (!is_clear(unclear, question)) return;
  const Answer answer = answer_to_status(place.reach, true);
  Event& event = add(call, question.process, std::move(place));
  event.error = answer.error == 0 && !S_ISDIR(answer.status.mode) ? ENOTDIR : answer.error;
  event.status = answer.status;
}

void Recorder::note_change(const StoppedCall& question, const CallShape& shape) {
  Place place;
  const bool of_descriptor = shape.path == kNone || argument(question, shape.path) == 0;  // utimensat takes no path for that
  const Asker asker(question.process);
  const int directory = directory_of(question, shape.directory);
  const int unclear =
      of_descriptor ? asker.place_of_descriptor(directory, place) : asker.place(directory, argument(question, shape.path), place);
  if (!is_clear(unclear, question)) return;
  const Answer answer = answer_to_status(place.reach, true);
  Event& event = add(Call::change, question.process, std::move(place));
  event.mode = static_cast<unsigned>(argument(question, shape.mode));
  event.error = answer.error;
  event.status = answer.status;
  event.existed = existed(event.path, answer.error == 0);
}

// What makes a name, takes it away or changes it.
void Recorder::note_names(const StoppedCall& question, const CallShape& shape, Call call) {
  Place place;
  if (!find(question, shape, place)) return;
  Place second;
  const Asker asker(question.process);
  if (shape.asks == Asks::symlink) {
    if (!is_clear(asker.read_text(argument(question, shape.second_path), second.path), question)) return;
  } else if (shape.second_path != kNone) {
    const int directory = directory_of(question, shape.second_directory);
    if (!is_clear(asker.place(directory, argument(question, shape.second_path), second), question)) return;
  }
  Answer before = answer_to_status(place.reach, false);
  const bool is_there = before.error == 0;
  int error = answer_to_change_of_directory_of(place.reach);
  if (error == 0) error = call == Call::make ? (is_there ? EEXIST : 0) : before.error;
  if (error == 0 && call == Call::rename) {
    error = answer_to_change_of_directory_of(second.reach);
    before = answer_to_status(second.reach, false);
    (void)existed(second.path, before.error == 0);
    const int flags = shape.flags == kNone ? 0 : int_argument(question, shape.flags);
    if (error == 0 && before.error == 0 && (flags & RENAME_NOREPLACE) != 0) error = EEXIST;
    if ((flags & RENAME_EXCHANGE) != 0) refuse("exchanges two files");
  }
  Event& event = add(call, question.process, std::move(place));
  event.target = std::move(second.path);
  event.mode = static_cast<unsigned>(argument(question, shape.mode));
  event.error = error;
  event.status = before.status;
  event.existed = existed(event.path, is_there);
}

// A process may have closed what it was started with and given the number to a file of its own.
void Recorder::note_input(const StoppedCall& question, const CallShape& shape) {
  const bool duplicates = int_argument(question, shape.flags) == F_DUPFD || int_argument(question, shape.flags) == F_DUPFD_CLOEXEC;
  if (shape.flags != kNone && !duplicates) return;
  const int number = int_argument(question, shape.directory);
  const Answer answer = answer_to_status("/proc/" + std::to_string(question.process) + "/fd/" + std::to_string(number), true);
  const auto is_it = [&](const InheritedInput& one) {
    return one.number == number && one.device == answer.status.device && one.inode == answer.status.inode;
  };
  if (answer.error != 0 || std::ranges::none_of(inputs_, is_it)) return;
  refuse(number == 0 ? "reads its standard input" : "reads descriptor " + std::to_string(number) + ", which it was started with");
}

// The one socket that the C library tries by itself is that of the name service's cache, which is seldom there.
void Recorder::note_address(const StoppedCall& question, const CallShape& shape) {
  sockaddr_un address{};
  const std::size_t length = std::min<std::size_t>(argument(question, shape.flags), sizeof address - 1);
  if (!is_clear(Asker(question.process).read(argument(question, shape.path), &address, length), question)) return;
  if (address.sun_family == AF_UNIX && std::string_view(address.sun_path).ends_with("run/nscd/socket")) return;
  refuse("connects to a socket");
}

void Recorder::note_clone(const StoppedCall& question, const CallShape& shape) {
  std::uint64_t flags = argument(question, shape.flags);
  // The flags come first in the struct.
  if (shape.asks == Asks::clone_how && !is_clear(Asker(question.process).read(flags, &flags, sizeof flags), question)) return;
  if ((flags & kNamespaces) != 0) refuse("changes what paths mean (mount, chroot or a namespace)");
}

void Recorder::forget_since(std::size_t mark) noexcept { events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(mark), events_.end()); }

void Recorder::refuse(std::string reason) {
  if (std::ranges::find(reasons_, reason) == reasons_.end()) reasons_.push_back(std::move(reason));
}

std::vector<std::string> Recorder::take_reasons() {
  if (out_of_memory_) refuse("recording ended: out of memory");
  return std::move(reasons_);
}

}  // namespace zccache::observe
