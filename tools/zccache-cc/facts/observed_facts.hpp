// From what a run of the compiler asked the kernel to the facts under which its result may be served, or why it may not be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "observe/observer.hpp"
#include "zccache-cc/facts/fact.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/variables.hpp"
#include "zccache-cc/platform/uncacheable.hpp"

namespace zccache::cc {

struct ObservedRun {
  std::string directory;          ///< the working directory of the compiler, absolute
  std::string base;               ///< what lies below it is named from `directory`, so that another checkout has the same names; empty: none
  std::int64_t start_ns = 0;      ///< file_clock_now() before it started
  bool leaves_times_out = false;  ///< as in the command
  bool goes_on_from_outputs = false;  ///< what its outputs were before can make a difference, and that they were not there
  bool scripts_count = false;         ///< the user named this compiler: it may be a script
};

struct ObservedFacts {
  std::vector<Fact> facts;  ///< but for absent names that the stamp of their directory proves
  std::vector<AbsentNames> absent;
  struct Output {
    std::string path;               ///< absolute
    bool written_in_place = false;  ///< into a file that was there, and whose mode it therefore has
  };
  std::vector<Output> outputs;  ///< what the run made and left
  Programs programs;
  bool may_read_bytes = false;  ///< a text that was read may have others read as they are, comments and all
  bool shows_times = false;     ///< an output holds times of files that were read: another time is another result
};

/// Every file is looked at once more: a fact is certain only if the answer now is the one that was given, and the file had not changed since
/// before the start. Reads files whose digest the index does not know, and notes it there.
[[nodiscard]] Expected<ObservedFacts> facts_of(const observe::Observation& observation, const ObservedRun& run, Knowledge& knowledge);

}  // namespace zccache::cc
