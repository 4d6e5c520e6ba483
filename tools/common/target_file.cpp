#include "common/target_file.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace zccache::tools {

std::filesystem::path target_file(const std::filesystem::path& name) {
  const auto status = std::filesystem::status(name);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw std::runtime_error(fmt::format("{} is not a regular file; name a file, which may be new", name.string()));
  }
  constexpr int kMostLinks = 40;  // as the kernel follows; one more, and the rename complains
  std::filesystem::path target = name;
  for (int links = 0; links < kMostLinks && std::filesystem::is_symlink(target); ++links) {
    target = target.parent_path() / std::filesystem::read_symlink(target);
  }
  return target;
}

}  // namespace zccache::tools
