// On what the numbers were measured.
#pragma once

#include <filesystem>
#include <string>

namespace zccache::bench {

struct Environment {
  std::string cpu;
  unsigned cores = 0;
  std::string kernel;
  std::string file_system;  ///< of the benchmark's own directory
  std::string compiler;
  std::string build_type;
  std::string boost;
};

[[nodiscard]] Environment environment_of(const std::filesystem::path& directory);

/// Whether this program's numbers mean anything: compiled with optimisation and without a sanitizer.
[[nodiscard]] bool is_optimised_build() noexcept;

}  // namespace zccache::bench
