// The log that programs share with the observer: read as what anybody may have written.
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "observe/shared_log.hpp"

using namespace zccache::observe;

namespace {

LogHeader& writable(const SharedLog& log) { return *const_cast<LogHeader*>(log.header()); }

// As the library does it.
Record& add(const SharedLog& log, RecordKind kind, std::string_view base, std::string_view spelled) {
  const std::size_t needed = sizeof(Record) + base.size() + spelled.size();
  const std::size_t length = (needed + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  const std::uint64_t at = writable(log).used.fetch_add(length);
  auto& record = *reinterpret_cast<Record*>(reinterpret_cast<char*>(&writable(log)) + kRecordsOffset + at);
  record.kind = kind;
  record.call = Call::status;
  record.base_length = static_cast<std::uint16_t>(base.size());
  record.spelled_length = static_cast<std::uint16_t>(spelled.size());
  auto* text = reinterpret_cast<char*>(&record + 1);
  std::memcpy(text, base.data(), base.size());
  std::memcpy(text + base.size(), spelled.data(), spelled.size());
  record.length = static_cast<std::uint32_t>(length);
  return record;
}

}  // namespace

TEST_CASE("what_was_noted_is_read_in_order") {
  const SharedLog log = SharedLog::create();
  REQUIRE(log.header() != nullptr);
  add(log, RecordKind::question, "", "/absolute");
  add(log, RecordKind::question, "/base", "../relative");
  add(log, RecordKind::question, "/", "top");
  add(log, RecordKind::variable, "", "NAME");
  add(log, RecordKind::variable, "", "NAME");
  add(log, RecordKind::moment, "", "").moment = 42;
  const Notes notes = log.read();
  CHECK(notes.damage.empty());
  REQUIRE(notes.events.size() == 3);
  CHECK(notes.events[0].event.path == "/absolute");
  CHECK(notes.events[1].event.path == "/base/../relative");
  CHECK(notes.events[1].event.spelled == "../relative");
  CHECK(notes.events[2].event.path == "/top");
  CHECK(notes.events[0].position < notes.events[1].position);
  CHECK(notes.variables == std::vector<std::string>{"NAME"});
  CHECK(notes.moments == std::vector<std::int64_t>{42});
}

TEST_CASE("question_that_was_not_finished_is_known_to_be_missing") {
  const SharedLog log = SharedLog::create();
  writable(log).started = 2;
  writable(log).finished = 1;
  CHECK(log.read().damage == "a process was stopped in the middle of a question");
}

TEST_CASE("record_that_was_not_finished_ends_the_reading") {
  const SharedLog log = SharedLog::create();
  add(log, RecordKind::question, "", "/first");
  add(log, RecordKind::question, "", "/second").length = 0;
  const Notes notes = log.read();
  CHECK(notes.events.size() == 1);
  CHECK_FALSE(notes.damage.empty());
}

TEST_CASE("nothing_that_a_program_writes_there_leads_out_of_the_log") {
  const SharedLog log = SharedLog::create();
  Record& record = add(log, RecordKind::question, "/base", "path");
  const std::uint32_t length = record.length;
  for (const std::uint32_t wrong : {1U, 8U, length - 8, length + 1, length + 8, 0xfffffff8U}) {
    record.length = wrong;
    CHECK_FALSE(log.read().damage.empty());
  }
  record.length = length;
  record.spelled_length = 0xffff;
  CHECK_FALSE(log.read().damage.empty());
  record.spelled_length = 4;
  CHECK(log.read().damage.empty());
  writable(log).used = kRecordsLength + 1'000'000;  // reserved beyond the end
  CHECK_FALSE(log.read().damage.empty());
}

TEST_CASE("empty_log_has_no_name_and_nothing_in_it") {
  const SharedLog log;
  CHECK(log.header() == nullptr);
  CHECK(log.name().empty());
  CHECK(log.read().events.empty());
}
