#include "zccache-cc/command/named_files.hpp"

#include <sys/stat.h>

namespace zccache::cc {

NamedFiles files_named_by(std::span<const std::string_view> arguments) {
  NamedFiles files;
  for (const std::string_view argument : arguments) {
    struct stat status {};
    if (argument.starts_with('-') || ::stat(argument.data(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    files.paths.emplace_back(argument);
    files.bytes += static_cast<std::uint64_t>(status.st_size);
  }
  return files;
}

}  // namespace zccache::cc
