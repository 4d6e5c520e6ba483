// One list of events, and whether their result could be stored.
#include "observe/verdict.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <vector>

#include "catch.hpp"
#include "observe/event_list.hpp"

using namespace zccache::observe;

namespace {

Event event(Call call, std::string path, int error = 0) {
  Event one;
  one.call = call;
  one.path = std::move(path);
  one.error = error;
  one.process = 7;
  return one;
}

Event create(std::string path) {
  Event one = event(Call::open_write, std::move(path));
  one.created = true;
  one.flags = O_WRONLY | O_CREAT | O_TRUNC;
  one.mode = 0666;
  return one;
}

Event overwrite(std::string path, int flags) {
  Event one = event(Call::open_write, std::move(path));
  one.existed = true;
  one.flags = flags;
  one.status.mode = S_IFREG | 0644;
  one.status.links = 1;
  return one;
}

Event removed(std::string path, bool existed) {
  Event one = event(Call::remove, std::move(path));
  one.existed = existed;
  return one;
}

Event moved(std::string from, std::string to) {
  Event one = event(Call::rename, std::move(from));
  one.target = std::move(to);
  return one;
}

std::string reason_of(const std::vector<Event>& events) {
  const Verdict verdict = judge(events);
  return verdict.reasons.empty() ? "" : verdict.reasons.front();
}

std::vector<std::string> outputs_of(const std::vector<Event>& events) {
  std::vector<std::string> paths;
  for (const Output& output : judge(events).outputs) paths.push_back(output.path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("what_is_made_and_still_there_is_an_output") {
  CHECK(outputs_of({create("/a.o")}) == Paths{"/a.o"});
  CHECK(outputs_of({create("/t.s"), removed("/t.s", false)}).empty());
  CHECK(reason_of({create("/t.s"), removed("/t.s", false)}).empty());
  CHECK(outputs_of({create("/a.tmp"), moved("/a.tmp", "/a.o")}) == Paths{"/a.o"});
  CHECK(outputs_of({removed("/a.o", true), create("/a.o")}) == Paths{"/a.o"});
  CHECK(reason_of({removed("/a.o", true), create("/a.o")}).empty());
  CHECK(outputs_of({overwrite("/a.o", O_WRONLY | O_TRUNC)}) == Paths{"/a.o"});
  CHECK(judge({create("/a.o")}).outputs[0].mode == 0666);
}

TEST_CASE("what_changes_files_of_others_is_unstorable") {
  CHECK(reason_of({overwrite("/log", O_WRONLY | O_APPEND)}) == "updates in place /log");
  CHECK(reason_of({overwrite("/db", O_RDWR)}) == "updates in place /db");
  CHECK(reason_of({create("/db"), overwrite("/db", O_RDWR)}).empty());
  CHECK(reason_of({removed("/a", true)}) == "removes /a");
  CHECK(reason_of({moved("/a", "/b")}) == "renames /a");
  CHECK(reason_of({event(Call::make, "/d")}) == "makes a directory or a link: /d");
  CHECK(reason_of({event(Call::make, "/d"), removed("/d", false)}).empty());
  CHECK(reason_of({event(Call::make, "/d", EEXIST)}).empty());
  CHECK(reason_of({event(Call::change, "/a")}) == "changes /a");
  CHECK(reason_of({create("/a"), event(Call::change, "/a")}).empty());
  Event shared = overwrite("/a", O_WRONLY | O_TRUNC);
  shared.status.links = 2;
  CHECK(reason_of({shared}) == "writes to a file of several names: /a");
  CHECK(reason_of({create("/dev/shm/x")}) == "writes to /dev/shm/x");
  CHECK(reason_of({overwrite("/dev/null", O_WRONLY)}).empty());
}

TEST_CASE("what_the_kernel_makes_up_is_unstorable_but_for_what_is_harmless") {
  CHECK(reason_of({event(Call::open_read, "/proc/uptime")}) == "asks the kernel for /proc/uptime");
  CHECK(reason_of({event(Call::open_read, "/proc/self/maps")}).empty());
  CHECK(reason_of({event(Call::open_read, "/proc/7/maps")}).empty());
  CHECK_FALSE(reason_of({event(Call::open_read, "/proc/8/maps")}).empty());
  CHECK(reason_of({event(Call::read_link, "/proc/self/fd/5")}).empty());
  CHECK_FALSE(reason_of({event(Call::open_read, "/proc/self/fd/5")}).empty());
  CHECK_FALSE(reason_of({event(Call::open_read, "/dev/stdin")}).empty());
  CHECK(reason_of({event(Call::open_read, "/procedure")}).empty());
  Event device = event(Call::open_read, "/dev/tty");
  device.status.mode = S_IFCHR;
  CHECK(reason_of({device}) == "reads a device: /dev/tty");
}

TEST_CASE("linkers_may_count_the_processors_and_others_may_not_look_at_them") {
  const Event counts = event(Call::open_read, "/proc/cpuinfo");
  CHECK(reason_of({counts}) == "asks the kernel for /proc/cpuinfo");
  CHECK(reason_of({event(Call::execute, "/usr/bin/ld.lld-14"), event(Call::execute, "/lib64/ld-linux-x86-64.so.2"), counts}).empty());
  CHECK_FALSE(reason_of({event(Call::execute, "/usr/bin/ldd"), event(Call::execute, "/lib64/ld-linux-x86-64.so.2"), counts}).empty());
}

TEST_CASE("errors_that_come_and_go_are_no_facts") {
  CHECK(reason_of({event(Call::open_read, "/a", EMFILE)}) == "was refused /a: Too many open files");
  CHECK(reason_of({event(Call::open_read, "/a", ENOENT)}).empty());
}

TEST_CASE("time_zone_that_is_looked_for_says_that_the_clock_was_asked") {
  CHECK(judge({event(Call::open_read, "/etc/localtime")}).clock_zone_opened);
  CHECK(judge({event(Call::open_read, "/usr/share/zoneinfo/UTC0", ENOENT)}).clock_zone_opened);
  CHECK_FALSE(judge({event(Call::open_read, "/etc/passwd")}).clock_zone_opened);
}

TEST_CASE("events_of_both_sources_come_in_the_order_of_their_positions") {
  const auto events = merge({{10, event(Call::execute, "/1")}, {30, event(Call::execute, "/4")}},
                            {{10, event(Call::status, "/2")}, {20, event(Call::status, "/3")}, {30, event(Call::status, "/5")}});
  REQUIRE(events.size() == 5);
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].path == "/" + std::to_string(i + 1));
}

TEST_CASE("same_question_with_the_same_answer_is_kept_once_and_a_change_each_time") {
  CHECK(merge({{0, event(Call::status, "/a")}, {0, event(Call::status, "/a")}}, {}).size() == 1);
  CHECK(merge({{0, event(Call::status, "/a")}, {0, event(Call::status, "/a", ENOENT)}}, {}).size() == 2);
  CHECK(merge({{0, event(Call::status, "/a")}, {0, event(Call::link_status, "/a")}}, {}).size() == 2);
  CHECK(merge({{0, event(Call::remove, "/a")}, {0, event(Call::remove, "/a")}}, {}).size() == 2);
}
