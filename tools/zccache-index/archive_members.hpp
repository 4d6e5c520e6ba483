// What an archive of a cache directory holds. docs/format.md describes the same.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace zccache::index_tool {

/// The first member: says what it is, its version, and whether there are payloads.
inline constexpr const char* kManifestMember = "zccache-archive";
/// The last member: an archive without it was cut short.
inline constexpr const char* kSnapshotMember = "index.snap";

[[nodiscard]] std::string manifest(bool with_payloads);

/// Whether the manifest says that there are payloads. Throws std::runtime_error for one of another version, and for what is none.
[[nodiscard]] bool has_payloads(std::string_view manifest);

/// objects/ab/<key>_<i>
[[nodiscard]] std::string payload_member(std::string_view key, std::size_t i);

/// Where in a cache directory the member of this name belongs; empty where it belongs nowhere.
[[nodiscard]] std::filesystem::path place_of(const std::string& member);

}  // namespace zccache::index_tool
