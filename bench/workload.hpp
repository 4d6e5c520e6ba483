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
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }  ///< at least 0, below 1

 private:
  std::uint64_t state_;
};

class Workload;

/// Probes in the order in which they are made, their keys side by side: reading the questions costs no cache misses.
class ProbeList {
 public:
  explicit ProbeList(std::size_t capacity);
  void add(std::string_view key, std::uint64_t total_size);
  void add(const Workload& workload, std::size_t i);  ///< an entry that must be found
  [[nodiscard]] std::span<const Probe> probes() const noexcept { return probes_; }

 private:
  std::string keys_;
  std::vector<Probe> probes_;
};

/// Ranks 0 to n-1, rank r in proportion to (r+1)^-theta: the method of Gray et al., "Quickly generating billion-record synthetic databases".
class Zipfian {
 public:
  static constexpr double kTheta = 0.99;

  explicit Zipfian(std::size_t n);
  [[nodiscard]] std::size_t draw(Random& random) const;

 private:
  double n_;
  double zeta_;
  double eta_;
};

class Workload {
 public:
  static constexpr std::size_t kKeyBytes = 64;

  /// `record_bytes`: mean size of a flat record, within the bounds below.
  Workload(std::uint64_t seed, std::size_t entries, std::size_t record_bytes) noexcept
      : seed_(seed), entries_(entries), warnings_per_1000_((record_bytes - kLeastRecordBytes) * 1000 / kMeanStderrBytes) {}

  static constexpr std::size_t kLeastRecordBytes = 134;  ///< of compiles without a word on stderr
  static constexpr std::size_t kMostRecordBytes = 1134;  ///< every compile warns

  [[nodiscard]] std::size_t size() const noexcept { return entries_; }
  /// The same with fewer entries.
  [[nodiscard]] Workload first(std::size_t entries) const noexcept {
    Workload fewer(*this);
    fewer.entries_ = entries;
    return fewer;
  }
  [[nodiscard]] std::string key(std::size_t i) const;  ///< 64 hex digits; i >= size() gives keys that are never inserted
  [[nodiscard]] Artifact artifact(std::size_t i) const;
  [[nodiscard]] Entry entry(std::size_t i) const { return {key(i), artifact(i)}; }
  [[nodiscard]] std::vector<Entry> entries(std::size_t from, std::size_t to) const;

  /// `count` probes, each of an entry drawn from the first `among`.
  [[nodiscard]] ProbeList hits(std::size_t count, std::size_t among) const;
  /// `count` probes, a few entries much oftener than the rest: the n-th of them in proportion to n^-0.99.
  [[nodiscard]] ProbeList zipfian(std::size_t count) const;
  [[nodiscard]] ProbeList misses(std::size_t count) const;

 private:
  static constexpr std::size_t kMeanStderrBytes = 1024;  ///< of compiles that warn

  [[nodiscard]] Random random_for(std::size_t i, std::uint64_t purpose) const noexcept;

  std::uint64_t seed_;
  std::size_t entries_;
  std::size_t warnings_per_1000_;
};

}  // namespace zccache::bench
