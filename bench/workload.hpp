// Seeded keys and records as compilers make them. Entry i is computed from the seed and i, so that no record has to be kept in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine.hpp"

namespace zccache::bench {

/// SplitMix64: the same numbers on every machine, from any starting point.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

 private:
  std::uint64_t state_;
};

/// Probes in the order in which they are made, their keys side by side: reading the questions costs no cache misses.
class ProbeList {
 public:
  explicit ProbeList(std::size_t capacity);
  void add(std::string_view key, std::uint64_t total_size);
  [[nodiscard]] std::span<const Probe> probes() const noexcept { return probes_; }

 private:
  std::string keys_;
  std::vector<Probe> probes_;
};

class Workload {
 public:
  static constexpr std::size_t kKeyBytes = 64;

  Workload(std::uint64_t seed, std::size_t entries) noexcept : seed_(seed), entries_(entries) {}

  [[nodiscard]] std::size_t size() const noexcept { return entries_; }
  [[nodiscard]] std::string key(std::size_t i) const;  ///< 64 hex digits; i >= size() gives keys that are never inserted
  [[nodiscard]] Artifact artifact(std::size_t i) const;
  [[nodiscard]] Entry entry(std::size_t i) const { return {key(i), artifact(i)}; }
  [[nodiscard]] std::vector<Entry> entries(std::size_t from, std::size_t to) const;

  /// `count` probes, each of an entry drawn from the first `among`.
  [[nodiscard]] ProbeList hits(std::size_t count, std::size_t among) const;
  [[nodiscard]] ProbeList misses(std::size_t count) const;

 private:
  [[nodiscard]] Random random_for(std::size_t i, std::uint64_t purpose) const noexcept;

  std::uint64_t seed_;
  std::size_t entries_;
};

/// Fills an empty store with the workload, one call per kFillBatch entries.
void fill(Session& session, const Workload& workload);

/// Throws unless every entry is there, whole, and nothing else is found.
void check_all(const Session& session, const Workload& workload);

/// Throws unless `right` of `asked` answers were right.
void require_right(std::string_view what, std::size_t right, std::size_t asked);

}  // namespace zccache::bench
