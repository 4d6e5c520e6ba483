// What one walk over a cache directory finds: what its size is made of, and which results stand out.
#pragma once

#include <zccache/artifact_store.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "entry_kind.hpp"

namespace zccache::index_tool {

struct Total {
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
};

struct Age {
  const char* name;
  std::uint64_t below_secs;
};
inline constexpr std::uint64_t kDay = 86'400;
inline constexpr std::array kAges = {Age{"less than an hour", 3600}, Age{"less than a day", kDay}, Age{"less than a week", 7 * kDay},
                                     Age{"less than 30 days", 30 * kDay}, Age{"older", ~std::uint64_t{0}}};

/// A result that is among the first of its kind.
struct Standout {
  std::uint64_t value = 0;  ///< what it stands out by
  std::string key;
  std::string source;
  std::uint64_t stored_at_secs = 0;
  std::uint64_t used_at_secs = 0;
};

inline constexpr std::size_t kMostStandouts = 15;

struct Contents {
  std::map<EntryKind, std::uint64_t> entries;
  // Of results, which have the payloads
  std::array<Total, kAges.size()> by_age;
  std::map<std::string, Total> by_output;  ///< by the ending of the file's name
  std::vector<Standout> largest;           ///< by bytes, the largest first
  std::vector<Standout> slowest;           ///< by milliseconds of compiling, the slowest first

  [[nodiscard]] std::uint64_t results() const { return entries.contains(EntryKind::result) ? entries.at(EntryKind::result) : 0; }
};

[[nodiscard]] Contents contents_of(const ArtifactStore& store, std::uint64_t now_secs);

}  // namespace zccache::index_tool
