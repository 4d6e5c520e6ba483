// The benchmarks. Each stands in the file of its name and is listed once, in main.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine.hpp"
#include "report.hpp"

namespace zccache::bench {

struct Settings {
  std::size_t entries = 100'000;
  std::uint64_t seed = 1;
  std::size_t repeats = 11;
};

/// Measures one engine in an empty directory. Throws when an answer is wrong.
using Rows = std::vector<Row>;
Rows measure_lookup(const Engine& engine, const Settings& settings, const std::filesystem::path& directory);
Rows measure_attach(const Engine& engine, const Settings& settings, const std::filesystem::path& directory);
Rows measure_insert(const Engine& engine, const Settings& settings, const std::filesystem::path& directory);
Rows measure_snapshot(const Engine& engine, const Settings& settings, const std::filesystem::path& directory);

}  // namespace zccache::bench
