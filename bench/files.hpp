// Small files, whole.
#pragma once

#include <filesystem>
#include <string>

namespace zccache::bench {

[[nodiscard]] std::string content_of(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& content);

}  // namespace zccache::bench
