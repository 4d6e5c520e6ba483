#include "observe/shared_log.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace zccache::observe {
namespace {

// The texts behind a record, or nothing if they do not lie in it.
struct Texts {
  std::string_view base;
  std::string_view spelled;
  std::string_view target;
};

bool read_texts(const Record& record, std::size_t length, Texts& texts) {
  const std::size_t needed = sizeof(Record) + record.base_length + record.spelled_length + record.target_length;
  if (needed > length) return false;
  const char* text = reinterpret_cast<const char*>(&record + 1);
  texts.base = {text, record.base_length};
  texts.spelled = {text + record.base_length, record.spelled_length};
  texts.target = {text + record.base_length + record.spelled_length, record.target_length};
  return true;
}

std::string joined(std::string_view base, std::string_view spelled) {
  if (spelled.starts_with('/')) return std::string(spelled);
  std::string path(base);
  if (path != "/") path += '/';
  return path.append(spelled);
}

Event to_event(const Record& record, const Texts& texts) {
  Event event;
  event.call = record.call;
  event.process = record.process;
  event.error = record.error;
  event.flags = record.flags;
  event.mode = record.mode;
  event.spelled = texts.spelled;
  event.path = joined(texts.base, texts.spelled);
  event.target = texts.target;
  event.status = record.status;
  return event;
}

template <class T>
class Distinct {
 public:
  void add(T value) {
    if (seen_.insert(value).second) values_.push_back(std::move(value));
  }
  std::vector<T> take() { return std::move(values_); }

 private:
  std::unordered_set<T> seen_;
  std::vector<T> values_;
};

}  // namespace

SharedLog::SharedLog(SharedLog&& other) noexcept : file_(std::move(other.file_)), header_(std::exchange(other.header_, nullptr)) {}

SharedLog::~SharedLog() {
  if (header_ != nullptr) ::munmap(header_, kLogLength);
}

SharedLog SharedLog::create() {
  SharedLog log;
  log.file_ = tools::Descriptor(::memfd_create("zccache-observe", MFD_CLOEXEC));
  if (!log.file_) return log;
  if (::ftruncate(log.file_.get(), static_cast<off_t>(kLogLength)) != 0) return log;
  void* memory = ::mmap(nullptr, kLogLength, PROT_READ | PROT_WRITE, MAP_SHARED, log.file_.get(), 0);
  if (memory == MAP_FAILED) return log;
  log.header_ = new (memory) LogHeader{.magic = LogHeader::kMagic, .used = 0, .started = 0, .finished = 0, .images = 0, .lost = 0};
  return log;
}

std::string SharedLog::name() const {
  struct stat file {};
  if (header_ == nullptr || ::fstat(file_.get(), &file) != 0) return {};
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file_.get());
  return path + ' ' + std::to_string(file.st_dev) + ' ' + std::to_string(file.st_ino);
}

Notes SharedLog::read() const {
  Notes notes;
  if (header_ == nullptr) return notes;
  Distinct<std::string> variables;
  Distinct<std::int64_t> moments;
  const char* records = reinterpret_cast<const char*>(header_) + kRecordsOffset;
  const std::uint64_t used = std::min<std::uint64_t>(header_->used.load(std::memory_order_acquire), kRecordsLength);
  const std::uint64_t finished = header_->finished.load(std::memory_order_acquire);
  if (header_->started.load(std::memory_order_acquire) != finished) notes.damage = "a process was stopped in the middle of a question";
  if (header_->lost.load(std::memory_order_acquire) != 0) notes.damage = "a question could not be noted";
  for (std::uint64_t at = 0; at < used;) {
    const Record& record = *reinterpret_cast<const Record*>(records + at);
    // Acquire pairs with the writer's release: what it wrote before is there.
    const std::uint32_t length = used - at < sizeof(Record) ? 0 : record.length.load(std::memory_order_acquire);
    Texts texts;
    if (length < sizeof(Record) || length > used - at || length % kRecordAlignment != 0 || !read_texts(record, length, texts)) {
      if (notes.damage.empty()) notes.damage = "the notes of the library are damaged";
      break;
    }
    if (record.kind == RecordKind::question) notes.events.push_back({at, to_event(record, texts)});
    if (record.kind == RecordKind::variable) variables.add(std::string(texts.spelled));
    if (record.kind == RecordKind::moment) moments.add(record.moment);
    at += length;
  }
  notes.variables = variables.take();
  notes.moments = moments.take();
  return notes;
}

}  // namespace zccache::observe
