#include "archive_members.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

namespace zccache::index_tool {
namespace {

constexpr std::string_view kFirstLine = "zccache-archive 1\n";
constexpr std::string_view kWith = "payloads yes\n";
constexpr std::string_view kWithout = "payloads no\n";
constexpr std::string_view kObjects = "objects/";

bool is_hex(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos; }

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

/// ab/<key>_<i>, the key beginning with ab.
bool is_payload(std::string_view name) {
  const std::size_t separator = name.rfind('_');
  if (name.size() < 3 || name[2] != '/' || separator == std::string_view::npos || separator < 3) return false;
  const std::string_view key = name.substr(3, separator - 3);
  return is_hex(key) && key.starts_with(name.substr(0, 2)) && is_number(name.substr(separator + 1));
}

}  // namespace

std::string manifest(bool with_payloads) { return std::string(kFirstLine) + std::string(with_payloads ? kWith : kWithout); }

bool has_payloads(std::string_view manifest) {
  if (manifest == index_tool::manifest(true)) return true;
  if (manifest == index_tool::manifest(false)) return false;
  throw std::runtime_error("not an archive of this version of zccache-index");
}

std::string payload_member(std::string_view key, std::size_t i) { return fmt::format("{}{}/{}_{}", kObjects, key.substr(0, 2), key, i); }

std::filesystem::path place_of(const std::string& member) {
  const bool is_known = member == kManifestMember || member == kSnapshotMember ||
                        (member.starts_with(kObjects) && is_payload(std::string_view(member).substr(kObjects.size())));
  return is_known ? std::filesystem::path(member) : std::filesystem::path();
}

}  // namespace zccache::index_tool
