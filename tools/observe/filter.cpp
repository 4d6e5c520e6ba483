#include "observe/filter.hpp"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstddef>
#include <utility>

#include "observe/calls.hpp"
#include "observe/gate.hpp"

namespace zccache::observe {
namespace {

constexpr std::uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// Numbers of x32, a second set of calls of x86-64, have this bit.
constexpr std::uint32_t kX32Bit = 0x40000000;

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void load_argument(int number) {
    load(offsetof(seccomp_data, args) + static_cast<std::size_t>(number) * sizeof(std::uint64_t));
  }  // its low half
  void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what); }
  /// Goes on `distance` instructions further where the comparison holds.
  void skip_if(std::uint16_t comparison, std::uint32_t value, std::size_t distance) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_K | comparison, value, static_cast<std::uint8_t>(distance), 0));
  }
  void skip_unless(std::uint16_t comparison, std::uint32_t value, std::size_t distance) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_K | comparison, value, 0, static_cast<std::uint8_t>(distance)));
  }
  /// Answers if the comparison holds.
  void answer_if(std::uint16_t comparison, std::uint32_t value, std::uint32_t what) {
    skip_unless(comparison, value, 1);
    answer(what);
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(std::uint16_t code, std::uint32_t value) { code_.push_back(BPF_STMT(code, value)); }
  std::vector<sock_filter> code_;
};

// A program of another architecture is noticed by the calls that it cannot do without; to stop at the others would only be slow.
void foreign_calls(Program& program, std::uint32_t stop) {
  const ForeignArchitecture foreign = foreign_architecture();
  const std::size_t numbers = 2 * foreign.numbers.size();
  program.load(offsetof(seccomp_data, arch));
  program.skip_if(BPF_JEQ, native_architecture(), numbers + 4);
  program.skip_unless(BPF_JEQ, foreign.audit_name, numbers + 2);
  program.load(offsetof(seccomp_data, nr));
  for (const int number : foreign.numbers) program.answer_if(BPF_JEQ, static_cast<std::uint32_t>(number), stop);
  program.answer(SECCOMP_RET_ALLOW);
  program.answer(stop);
}

bool is_told_by_arguments(Asks asks) {
  return asks == Asks::input || asks == Asks::network || asks == Asks::message || asks == Asks::clone || asks == Asks::control;
}

// The library makes none of these, so that the gate does not matter.
void told_by_arguments(Program& program, const CallShape& call, std::uint32_t stop, std::span<const int> inputs) {
  constexpr std::size_t kOneComparison = 4;
  const std::size_t length = call.asks == Asks::input ? 2 + 2 * inputs.size() : kOneComparison;
  program.skip_unless(BPF_JEQ, static_cast<std::uint32_t>(call.number), length);
  program.load_argument(call.asks == Asks::input ? call.directory : call.asks == Asks::message ? call.path : call.flags);
  if (call.asks == Asks::input) {
    for (const int input : inputs) program.answer_if(BPF_JEQ, static_cast<std::uint32_t>(input), stop);
    program.answer(SECCOMP_RET_ALLOW);
  } else if (call.asks == Asks::clone || call.asks == Asks::control) {
    program.answer_if(call.asks == Asks::clone ? BPF_JSET : BPF_JEQ, call.asks == Asks::clone ? kNamespaces : PR_SET_SECCOMP, stop);
    program.answer(SECCOMP_RET_ALLOW);
  } else {
    // A socket of this machine has to connect yet. What is sent without an address goes to where the socket is connected.
    program.answer_if(BPF_JEQ, call.asks == Asks::network ? AF_UNIX : 0, SECCOMP_RET_ALLOW);
    program.answer(stop);
  }
}

void gate(Program& program, std::uint32_t stop) {
  constexpr auto kLow = static_cast<std::uint32_t>(kGateAddress);
  program.load(offsetof(seccomp_data, instruction_pointer) + sizeof(std::uint32_t));
  program.skip_unless(BPF_JEQ, static_cast<std::uint32_t>(kGateAddress >> 32), 4);
  program.load(offsetof(seccomp_data, instruction_pointer));
  program.skip_unless(BPF_JGE, kLow, 2);
  program.skip_if(BPF_JGT, kLow + static_cast<std::uint32_t>(kGateLength), 1);
  program.answer(SECCOMP_RET_ALLOW);
  program.answer(stop);
}

}  // namespace

std::vector<sock_filter> make_filter(std::uint32_t stop, std::span<const int> inputs) {
  Program program;
  foreign_calls(program, stop);
  program.load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
  program.answer_if(BPF_JGE, kX32Bit, stop);
#endif
  std::vector<std::uint32_t> told_by_number;
  for (const CallShape& call : observed_calls()) {
    if (is_told_by_arguments(call.asks)) {
      told_by_arguments(program, call, stop, inputs);
    } else {
      told_by_number.push_back(static_cast<std::uint32_t>(call.number));
    }
  }
  // Over the numbers that follow and the answer behind them. The kernel remembers which numbers are let through whatever else is true
  // of them, and runs no filter for those: that is why the gate, which depends on the address, comes last.
  std::size_t distance = told_by_number.size();
  for (const std::uint32_t number : told_by_number) program.skip_if(BPF_JEQ, number, distance--);
  program.answer(SECCOMP_RET_ALLOW);
  gate(program, stop);
  return program.take();
}

}  // namespace zccache::observe
