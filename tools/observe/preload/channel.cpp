#include "observe/preload/channel.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "observe/file_status.hpp"

// There where the program has a sanitizer in it, which is about to lay out memory itself and counts on nothing to come before.
extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __tsan_init();
[[gnu::weak]] void __msan_init();
[[gnu::weak]] void __hwasan_init();
}

namespace zccache::observe::preload {
namespace {

enum class State : int { untried, connected, alone };

// Stored by the constructor, or by the first question before it; only one thread runs then. A child of fork has the same mappings.
std::atomic<State> state = State::untried;
LogHeader* shared_log = nullptr;

Gate gate() noexcept { return reinterpret_cast<Gate>(kGateAddress); }

// Ours alone: getenv is one of the functions that this library stands in for.
const char* variable(const char* name) noexcept {
  const std::size_t length = std::strlen(name);
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    if (std::strncmp(*one, name, length) == 0 && (*one)[length] == '=') return *one + length + 1;
  }
  return nullptr;
}

struct Name {
  std::array<char, 64> path{};  // NUL-terminated
  unsigned long device = 0;
  unsigned long inode = 0;
};

// "/proc/PID/fd/N DEVICE INODE"
bool parse(const char* text, Name& name) noexcept {
  const char* blank = text == nullptr ? nullptr : std::strchr(text, ' ');
  if (blank == nullptr || static_cast<std::size_t>(blank - text) >= name.path.size()) return false;
  std::memcpy(name.path.data(), text, static_cast<std::size_t>(blank - text));
  char* end = nullptr;
  name.device = std::strtoul(blank + 1, &end, 10);
  name.inode = std::strtoul(end, &end, 10);
  return *end == '\0';
}

bool is_it(const struct stat& file, const Name& name) noexcept {
  return file.st_dev == name.device && file.st_ino == name.inode && file.st_size == static_cast<off_t>(kLogLength);
}

// The calls themselves: a sanitizer within the program stands in for the functions, and may not have begun.
void* map_memory(void* wanted, std::size_t length, int protection, int flags, int file) noexcept {
  return reinterpret_cast<void*>(::syscall(SYS_mmap, wanted, length, protection, flags, file, 0L));
}
void unmap(void* memory, std::size_t length) noexcept { ::syscall(SYS_munmap, memory, length); }

// Maps the page. Not over anything that is there.
bool open_gate() noexcept {
  void* wanted = reinterpret_cast<void*>(kGateAddress);
  void* page = map_memory(wanted, kGateLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
  if (page == MAP_FAILED) return false;
  if (page == wanted) {
    std::memcpy(page, kGateCode, sizeof kGateCode);
    __builtin___clear_cache(static_cast<char*>(page), static_cast<char*>(page) + sizeof kGateCode);
    if (::syscall(SYS_mprotect, page, kGateLength, PROT_READ | PROT_EXEC) == 0) return true;
  }
  unmap(page, kGateLength);
  return false;
}

// The name may mean another file by now, or in another namespace, and to open that could do something: so first look, then open.
LogHeader* map_log(const Name& name) noexcept {
  struct stat file {};
  const auto path = address(name.path.data());
  if (gate()(SYS_newfstatat, AT_FDCWD, path, address(&file), 0, 0) != 0 || !is_it(file, name)) return nullptr;
  const long number = gate()(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0);
  if (number < 0) return nullptr;
  void* memory = MAP_FAILED;
  if (gate()(SYS_fstat, number, address(&file), 0, 0, 0) == 0 && is_it(file, name))
    memory = map_memory(nullptr, kLogLength, PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(number));
  ::syscall(SYS_close, number);
  if (memory == MAP_FAILED) return nullptr;
  auto* log = static_cast<LogHeader*>(memory);
  if (log->magic == LogHeader::kMagic) return log;
  unmap(memory, kLogLength);
  return nullptr;
}

void connect() noexcept {
  state.store(State::alone, std::memory_order_relaxed);  // for what is asked on the way
  if (__asan_init != nullptr || __tsan_init != nullptr || __msan_init != nullptr || __hwasan_init != nullptr) return;
  const int error = errno;
  Name name;
  if (parse(variable(kRingVariable), name) && open_gate()) {
    shared_log = map_log(name);
    if (shared_log == nullptr) {
      unmap(reinterpret_cast<void*>(kGateAddress), kGateLength);
    } else {
      shared_log->images.fetch_add(1, std::memory_order_relaxed);  // read when all has ended
      state.store(State::connected, std::memory_order_release);    // pairs with Asking: who finds it finds the mappings
    }
  }
  errno = error;
}

__attribute__((constructor)) void begin() noexcept {
  if (state.load(std::memory_order_relaxed) == State::untried) connect();
}

std::uint64_t hash_of(std::string_view text, std::uint64_t hash) noexcept {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash ^ (hash >> 29);
}

bool says_nothing(long answer) noexcept { return answer == -EFAULT || answer == -EINTR || answer == -ENOSYS; }

}  // namespace

Asking::Asking() noexcept {
  if (state.load(std::memory_order_relaxed) == State::untried) connect();
  // Acquire pairs with the release of connect(), in case that ran in another thread.
  if (state.load(std::memory_order_acquire) != State::connected) return;
  if (shared_log->used.load(std::memory_order_relaxed) > kRecordsLength - kRoomForQuestions) return;
  log_ = shared_log;
  gate_ = gate();
  // Compared with `finished` by the observer after the end of this process, which orders them.
  log_->started.fetch_add(1, std::memory_order_relaxed);
}

Asking::~Asking() {
  // Release: who counts this one as finished finds what it noted.
  if (log_ != nullptr) log_->finished.fetch_add(1, std::memory_order_release);
}

FileStatus Asking::status_of(int directory, const char* path, int flags) const noexcept {
  struct stat found {};
  const bool there = call(SYS_newfstatat, directory, address(path), address(&found), flags) == 0;
  return there ? to_status(found) : FileStatus{};
}

void Asking::note(const What& what) noexcept {
  if (says_nothing(what.answer)) return;
  if (what.path[0] == '/') {
    note_absolute(what, {});
  } else {
    note_relative(what);
  }
}

void Asking::note_absolute(const What& what, std::string_view base) noexcept {
  write(RecordKind::question, what, {base, {what.path, ::strnlen(what.path, PATH_MAX - 1)}, what.target}, 0);
}

// A function of its own: the buffer is to take no stack of those who need none.
__attribute__((noinline)) void Asking::note_relative(const What& what) noexcept {
  std::array<char, PATH_MAX> base;
  long length = 0;
  if (what.directory == AT_FDCWD) {
    length = call(SYS_getcwd, address(base.data()), base.size()) - 1;  // it counts the end
  } else {
    std::array<char, 32> link{};
    char* end = std::strcpy(link.data(), "/proc/self/fd/") + std::strlen("/proc/self/fd/");
    std::array<char, 12> digits{};
    int count = 0;
    for (int rest = what.directory; rest > 0 || count == 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
    while (count > 0) *end++ = digits[--count];
    length = call(SYS_readlinkat, AT_FDCWD, address(link.data()), address(base.data()), base.size());
  }
  // Without the directory, as when that was removed, the question is not known.
  if (length <= 0 || base[0] != '/') {
    log_->lost.store(1, std::memory_order_relaxed);
    return;
  }
  note_absolute(what, {base.data(), static_cast<std::size_t>(length)});
}

void Asking::note_variable(std::string_view name) noexcept { write(RecordKind::variable, {}, {{}, name, {}}, 0); }

void Asking::note_moment(std::int64_t moment) noexcept { write(RecordKind::moment, {}, {}, moment); }

void Asking::write(RecordKind kind, const What& what, const Texts& texts, std::int64_t moment) noexcept {
  const std::size_t needed = sizeof(Record) + texts.base.size() + texts.spelled.size() + texts.target.size();
  const std::size_t length = (needed + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  // Relaxed: the addition alone makes the room ours. What the observer learns from the number is ordered by the calls that we make.
  const std::uint64_t at = log_->used.fetch_add(length, std::memory_order_relaxed);
  if (at + length > kRecordsLength) {
    log_->lost.store(1, std::memory_order_relaxed);  // read when all has ended
    return;
  }
  auto* record = reinterpret_cast<Record*>(reinterpret_cast<char*>(log_) + kRecordsOffset + at);
  record->kind = kind;
  record->call = what.call;
  record->base_length = static_cast<std::uint16_t>(texts.base.size());
  record->spelled_length = static_cast<std::uint16_t>(texts.spelled.size());
  record->target_length = static_cast<std::uint16_t>(texts.target.size());
  record->process = static_cast<std::int32_t>(call(SYS_getpid));
  record->error = what.answer < 0 ? static_cast<std::int32_t>(-what.answer) : 0;
  record->flags = what.flags;
  record->mode = what.mode;
  record->moment = moment;
  record->status = what.status;
  char* end = reinterpret_cast<char*>(record + 1);
  for (const std::string_view text : {texts.base, texts.spelled, texts.target}) {
    std::memcpy(end, text.data(), text.size());
    end += text.size();
  }
  // Release pairs with the reader's acquire. A kill before this leaves a length of 0, at which the reader stops and says so.
  record->length.store(static_cast<std::uint32_t>(length), std::memory_order_release);
}

bool was_noted(std::string_view text, Noted kind) noexcept {
  constexpr std::size_t kSlots = 1024;
  static std::array<std::atomic<std::uint64_t>, kSlots> noted;
  const std::uint64_t hash = hash_of(text, static_cast<std::uint64_t>(kind)) | 1;  // never that of an empty slot
  // Relaxed: a slot says nothing about other memory.
  return noted[hash / 2 % kSlots].exchange(hash, std::memory_order_relaxed) == hash;
}

}  // namespace zccache::observe::preload
