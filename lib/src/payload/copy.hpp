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

/// Makes `to`, which is empty, a copy of `from`, of about `size` bytes, and returns the digest of the copy. A large one shares the blocks
/// where the file system can (reflink); else each byte is read once, and written as it is read.
[[nodiscard]] result<Digest> copy_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& path);

}  // namespace zccache
