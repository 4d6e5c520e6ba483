#include "payload_files.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace zccache::index_tool {
namespace {

std::optional<PayloadFile> parsed(const PayloadStore& payloads, const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::size_t separator = name.rfind('_');
  if (separator == std::string::npos) return std::nullopt;
  PayloadFile file{path, name.substr(0, separator), 0};
  const char* const end = name.data() + name.size();
  const auto [stopped_at, error] = std::from_chars(name.data() + separator + 1, end, file.output);
  if (error != std::errc{} || stopped_at != end) return std::nullopt;
  // A name that the store would not give is none of its files.
  return payloads.path_of(file.key, file.output) == path ? std::optional(file) : std::nullopt;
}

}  // namespace

void for_each_payload_file(ArtifactStore& store, const std::function<void(const PayloadFile&)>& visit) {
  const PayloadStore payloads(store);
  const std::filesystem::path root = payloads.path_of("00", 0).parent_path().parent_path();
  if (!std::filesystem::exists(root)) return;
  for (const auto& found : std::filesystem::recursive_directory_iterator(root)) {
    if (!found.is_regular_file()) continue;
    if (const auto payload = parsed(payloads, found.path())) visit(*payload);
  }
}

}  // namespace zccache::index_tool
