#include "common/directory.hpp"

#include <zccache/options.hpp>

#include "common/outcome.hpp"

namespace zccache::tools {

std::filesystem::path chosen_directory(const std::string& given) {
  std::filesystem::path directory = given.empty() ? default_directory() : std::filesystem::path(given);
  if (directory.empty()) throw UsageError("no cache directory: give --dir or set ZCCACHE_DIR");
  return directory;
}

}  // namespace zccache::tools
