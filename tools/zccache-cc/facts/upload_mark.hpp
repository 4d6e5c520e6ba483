// The mark on a result that is to go to the team's cache: an entry of the index, stored in one change with the manifest that leads to the
// result.
//
// Its text is the first key. zccache-remote takes it away once the server has the result. No kill and no reboot that spares the index loses it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zccache-cc/facts/digest.hpp"

namespace zccache::cc {

inline constexpr std::string_view kUploadMark = "upload:";

[[nodiscard]] inline std::string upload_mark(const ContentDigest& result) { return std::string(kUploadMark) + hex_of(result); }

/// The result that such a key marks; nothing for any other key.
[[nodiscard]] inline std::optional<ContentDigest> marked_for_upload(std::string_view key) noexcept {
  return key.starts_with(kUploadMark) ? digest_of_hex(key.substr(kUploadMark.size())) : std::nullopt;
}

}  // namespace zccache::cc
