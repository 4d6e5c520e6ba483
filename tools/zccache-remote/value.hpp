// The value: what a server keeps under one name. Entries of the index with their payloads, in one self-describing piece.
//
// A server is not trusted to return what it was given. So a value says what it is an answer to, and a digest covers all of it; whatever is
// wrong with a value makes it none. Who must not be able to forge values either, needs signatures (signature.hpp).
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/digest.hpp"
#include "zccache-remote/signature.hpp"

namespace zccache::remote {

/// One entry of the index, with the bytes of its outputs.
struct Parcel {
  struct Output {
    std::string name;
    std::uint32_t mode = 0;
    std::string bytes;
    bool operator==(const Output&) const = default;
  };
  std::string key;
  std::int32_t exit_code = 0;
  std::string stdout_bytes;
  std::string stderr_bytes;
  std::vector<Output> outputs;
  bool operator==(const Parcel&) const = default;
};

/// A larger value is neither sent nor accepted.
inline constexpr std::size_t kMaxValueBytes = std::size_t{64} << 20;

/// What a server is asked for: a digest over the namespace and the key of the first parcel. The same text in another namespace has another
/// name.
[[nodiscard]] cc::ContentDigest value_name(std::string_view name_space, std::string_view key);

[[nodiscard]] std::string encode_value(const cc::ContentDigest& name, const std::vector<Parcel>& parcels, const Signer* signer = nullptr);

/// Parcels that are bytes already: a header with the right checksum, whatever they are. For tests of what reads them.
[[nodiscard]] std::string seal_value(const cc::ContentDigest& name, std::uint32_t parcels, std::string_view body,
                                     const Signer* signer = nullptr);

/// Nothing where the bytes are not a whole value of this version that was stored under `name`, or one whose signature `trust` does not accept.
/// Takes no more memory than the bytes, about twice.
[[nodiscard]] std::optional<std::vector<Parcel>> decode_value(const cc::ContentDigest& name, std::string_view bytes, const Trust& trust = {});

}  // namespace zccache::remote
