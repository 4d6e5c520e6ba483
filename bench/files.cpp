#include "files.hpp"

#include <fstream>
#include <sstream>
#include <utility>

namespace zccache::bench {

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(content).str();
}

void write_file(const std::filesystem::path& file, const std::string& content) { std::ofstream(file, std::ios::binary) << content; }

}  // namespace zccache::bench
