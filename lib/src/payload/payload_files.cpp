#include "payload/payload_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace zccache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPackEnding = ".pack";

bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

fs::path folder_of(const CacheDirectory& directory, std::string_view key) { return directory.objects() / key.substr(0, 2); }

}  // namespace

bool is_payload_key(std::string_view key) noexcept {
  constexpr std::size_t kLongestName = 200;  // with what is added, below the 255 bytes of a file name
  return key.size() >= 2 && key.size() <= kLongestName && std::ranges::all_of(key, is_hex);
}

fs::path output_path(const CacheDirectory& directory, std::string_view key, std::size_t i) {
  return folder_of(directory, key) / (std::string(key) + "_" + std::to_string(i));
}

fs::path pack_path(const CacheDirectory& directory, std::string_view key) {
  return folder_of(directory, key) / (std::string(key).append(kPackEnding));
}

std::vector<fs::path> files_of(const CacheDirectory& directory, std::string_view key, std::size_t outputs) {
  std::vector<fs::path> files;
  if (!is_payload_key(key)) return files;
  for (std::size_t i = 0; i < outputs; ++i) files.push_back(output_path(directory, key, i));
  if (outputs != 0) files.push_back(pack_path(directory, key));
  return files;
}

result<void> make_folders_of(const fs::path& payload) {
  if (auto made = make_folder(payload.parent_path().parent_path()); !made) return made;
  return make_folder(payload.parent_path());
}

bool is_inside(const fs::path& payload) { return is_folder(payload.parent_path().parent_path()) && is_folder(payload.parent_path()); }

void unlink_payload(const fs::path& payload) {
  if (is_inside(payload)) ::unlink(payload.c_str());
}

void unlink_files_of(const CacheDirectory& directory, std::string_view key, std::size_t outputs) {
  for (const fs::path& file : files_of(directory, key, outputs)) unlink_payload(file);
}

bool has_payload(const CacheDirectory& directory, const ArtifactView& entry) {
  // What has no payload key was stored without payload files.
  if (!is_payload_key(entry.key())) return true;
  const auto exists = [](const fs::path& path) { return ::access(path.c_str(), F_OK) == 0; };
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    if (!exists(output_path(directory, entry.key(), i))) return exists(pack_path(directory, entry.key()));
  }
  return true;
}

PayloadName parse_payload_name(const CacheDirectory& directory, const fs::path& path) {
  const std::string name = path.filename().string();
  PayloadName parsed;
  if (name.starts_with('.') && name.ends_with(".tmp")) parsed.kind = PayloadName::Kind::temporary;
  if (name.ends_with(kPackEnding)) {
    parsed.key = name.substr(0, name.size() - kPackEnding.size());
    if (is_payload_key(parsed.key) && pack_path(directory, parsed.key) == path) parsed.kind = PayloadName::Kind::pack;
    return parsed;
  }
  const std::size_t separator = name.rfind('_');
  if (separator == std::string::npos) return parsed;
  const char* const end = name.data() + name.size();
  const auto [stopped_at, error] = std::from_chars(name.data() + separator + 1, end, parsed.output);
  parsed.key = name.substr(0, separator);
  const bool ours =
      error == std::errc{} && stopped_at == end && is_payload_key(parsed.key) && output_path(directory, parsed.key, parsed.output) == path;
  if (ours) parsed.kind = PayloadName::Kind::output;
  return parsed;
}

}  // namespace zccache
