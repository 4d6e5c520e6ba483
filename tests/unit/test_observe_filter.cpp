// The filter that decides which calls stop: run by a reader of its own, call by call.
#include "observe/filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstring>
#include <set>
#include <vector>

#include "catch.hpp"
#include "observe/calls.hpp"
#include "observe/gate.hpp"

using namespace zccache::observe;

namespace {

constexpr std::uint32_t kStop = SECCOMP_RET_USER_NOTIF;

// Those instructions that the filter has. An answer of 0 is none of its own.
std::uint32_t answer(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    bool holds = false;
    switch (one.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&value, reinterpret_cast<const char*>(&data) + one.k, sizeof value);
        continue;
      case BPF_RET | BPF_K:
        return one.k;
      case BPF_JMP | BPF_JEQ | BPF_K:
        holds = value == one.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        holds = value >= one.k;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        holds = value > one.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        holds = (value & one.k) != 0;
        break;
      default:
        return 0;
    }
    at += holds ? one.jt : one.jf;
  }
  return 0;
}

seccomp_data call(int number, std::uint64_t first = 0, std::uint64_t address = 0x400000) {
  seccomp_data data{};
  data.nr = number;
  data.arch = native_architecture();
  data.instruction_pointer = address;
  data.args[0] = first;
  return data;
}

bool stops(const seccomp_data& data, const std::vector<int>& inputs = {0}) {
  const std::uint32_t said = answer(make_filter(kStop, inputs), data);
  REQUIRE((said == kStop || said == SECCOMP_RET_ALLOW));
  return said == kStop;
}

bool is_told_by_number(const CallShape* shape) {
  return shape != nullptr && shape->asks != Asks::input && shape->asks != Asks::network && shape->asks != Asks::message &&
         shape->asks != Asks::clone && shape->asks != Asks::control;
}

}  // namespace

TEST_CASE("every_observed_call_stops_and_no_other") {
  const std::vector<sock_filter> filter = make_filter(kStop, std::vector<int>{0});
  for (int number = 0; number < 600; ++number) {
    INFO(number);
    if (shape_of(number) != nullptr && !is_told_by_number(shape_of(number))) continue;
    CHECK((answer(filter, call(number)) == kStop) == is_told_by_number(shape_of(number)));
  }
}

TEST_CASE("calls_from_the_gate_pass") {
  CHECK_FALSE(stops(call(SYS_openat, 0, kGateAddress)));
  CHECK_FALSE(stops(call(SYS_openat, 0, kGateAddress + kGateLength)));
  CHECK(stops(call(SYS_openat, 0, kGateAddress - 1)));
  CHECK(stops(call(SYS_openat, 0, kGateAddress + kGateLength + 1)));
  CHECK(stops(call(SYS_openat, 0, kGateAddress + (1ULL << 32))));
  CHECK(stops(call(SYS_openat, 0, kGateAddress & 0xffffffff)));
}

TEST_CASE("reads_stop_where_they_are_of_what_the_command_was_started_with") {
  CHECK(stops(call(SYS_read, 0)));
  CHECK_FALSE(stops(call(SYS_read, 3)));
  CHECK(stops(call(SYS_read, 3), {0, 3}));
  CHECK_FALSE(stops(call(SYS_read, 0), {}));
  CHECK(stops(call(SYS_pread64, 7), {7}));
  seccomp_data map = call(SYS_mmap);
  map.args[4] = 3;
  CHECK(stops(map, {3}));
  map.args[4] = static_cast<std::uint64_t>(-1);
  CHECK_FALSE(stops(map, {3}));
}

TEST_CASE("filter_holds_as_many_descriptors_as_are_looked_for") {
  std::vector<int> inputs;
  for (int i = 0; i < kMostInputs; ++i) inputs.push_back(i);
  CHECK(stops(call(SYS_read, kMostInputs - 1), inputs));
  CHECK_FALSE(stops(call(SYS_read, kMostInputs), inputs));
  CHECK(make_filter(kStop, inputs).size() < BPF_MAXINSNS);
}

TEST_CASE("sockets_clones_and_filters_stop_by_what_they_ask_for") {
  CHECK_FALSE(stops(call(SYS_socket, AF_UNIX)));
  CHECK(stops(call(SYS_socket, AF_INET)));
  CHECK_FALSE(stops(call(SYS_clone, CLONE_VM | CLONE_VFORK)));
  CHECK(stops(call(SYS_clone, CLONE_NEWUSER)));
  CHECK_FALSE(stops(call(SYS_prctl, PR_SET_NAME)));
  CHECK(stops(call(SYS_prctl, PR_SET_SECCOMP)));
  seccomp_data message = call(SYS_sendto);
  CHECK_FALSE(stops(message));
  message.args[4] = 0x1000;
  CHECK(stops(message));
}

TEST_CASE("programs_of_another_architecture_are_noticed") {
  seccomp_data foreign = call(5);  // open, of both 32-bit architectures
  foreign.arch = foreign_architecture().audit_name;
  CHECK(stops(foreign));
  foreign.nr = 20;  // getpid
  CHECK_FALSE(stops(foreign));
  foreign.arch = AUDIT_ARCH_RISCV64;
  CHECK(stops(foreign));
#ifdef __x86_64__
  CHECK(stops(call(0x40000000 | 39)));  // x32
#endif
}

TEST_CASE("table_of_calls_names_each_number_once") {
  std::set<int> numbers;
  for (const CallShape& shape : observed_calls()) {
    CHECK(numbers.insert(shape.number).second);
    CHECK(shape_of(shape.number) == &shape);
    CHECK((shape.asks == Asks::refused) == (shape.reason != nullptr));
  }
  CHECK(shape_of(-1) == nullptr);
  CHECK(shape_of(SYS_getpid) == nullptr);
  CHECK(shape_of(100'000) == nullptr);
}
