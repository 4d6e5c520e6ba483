// Reads and writes in the mixes that YCSB made common.
#pragma once

#include <cstddef>
#include <vector>

#include "engine.hpp"
#include "workload.hpp"

namespace zccache::bench {

struct Mix {
  const char* name;
  unsigned writes_per_100;
  bool inserts;  ///< writes add keys, and reads prefer the newest; else writes replace, and all are zipfian
};

inline constexpr Mix kMixes[] = {{"YCSB A, half updates", 50, false},
                                 {"YCSB B, 5% updates", 5, false},
                                 {"YCSB C, reads", 0, false},
                                 {"YCSB D, 5% inserts, newest read", 5, true}};

struct Operation {
  bool write = false;
  Entry entry;                   ///< the artifact of a write only
  std::uint64_t total_size = 0;  ///< that a read must give
};

/// `stream` makes them differ: each inserts keys that no other does, and reads those and what the stores were filled with.
[[nodiscard]] std::vector<Operation> operations(const Workload& workload, const Zipfian& zipfian, const Mix& mix, std::size_t stream,
                                                std::size_t count);

/// Throws when an answer is wrong.
void perform(const std::vector<Operation>& operations, Session& session, Reader& reader);

}  // namespace zccache::bench
