// The least bytes that hold an artifact: what the peers store as a value, and what "bytes of the record itself" means.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace zccache::bench {

[[nodiscard]] std::string flat_record(const Artifact& artifact);
[[nodiscard]] Artifact artifact_of(std::string_view flat);

/// Reads the first field where it lies. `flat` is a whole flat record.
[[nodiscard]] inline std::uint64_t total_size_of(const void* flat) noexcept {
  std::uint64_t total_size = 0;
  std::memcpy(&total_size, flat, sizeof total_size);
  return total_size;
}

}  // namespace zccache::bench
