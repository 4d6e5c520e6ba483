// The compression of packs. A build without zstd has these calls as well: there they say that they cannot.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace zccache {

/// A zstd frame of fewer bytes. Nothing where none is smaller, where memory runs out, and without zstd. `level`: 1 to 19.
[[nodiscard]] std::optional<std::vector<std::byte>> compress(std::span<const std::byte> bytes, int level);

/// Fills `to` with what was compressed. False if that is of any other size, or damaged, and without zstd. Whatever `frame` says of itself, it
/// takes no memory but a working set of zstd's that depends on nothing.
[[nodiscard]] bool decompress(std::span<const std::byte> frame, std::span<std::byte> to);

}  // namespace zccache
