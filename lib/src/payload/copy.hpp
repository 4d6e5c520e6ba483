// Moving the bytes of payload files, and the digest that vouches for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

namespace zccache {

/// XXH3-128 of the whole file, from the start, wherever its offset stands.
[[nodiscard]] result<Digest> digest_of(int fd, const std::filesystem::path& path);

[[nodiscard]] Digest digest_of(std::span<const std::byte> bytes) noexcept;

/// Makes `to`, which is empty, a copy of the first `size` bytes of `from`: by reflink, else copy_file_range, else
/// read and write. A small one is read and written.
[[nodiscard]] result<void> copy_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& path);

}  // namespace zccache
