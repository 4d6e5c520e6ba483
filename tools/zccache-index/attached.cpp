#include "attached.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

/// "fe:00 4711 ", as a line of /proc/<pid>/maps names a file.
std::string place_of(const struct stat& status) {
  return fmt::format(" {:02x}:{:02x} {} ", major(status.st_dev), minor(status.st_dev), status.st_ino);
}

bool has_mapped(const fs::path& process, const std::string& place) {
  std::ifstream maps(process / "maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(place) != std::string::npos) return true;
  }
  return false;
}

std::string name_of(const fs::path& process) {
  std::string name;
  std::getline(std::ifstream(process / "comm"), name);
  return name;
}

}  // namespace

std::vector<AttachedProcess> attached_to(const fs::path& file) {
  std::vector<AttachedProcess> found;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return found;
  const std::string place = place_of(status);
  for (const auto& process : fs::directory_iterator("/proc")) {
    const std::string digits = process.path().filename();
    int pid = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    if (parsed.ec != std::errc() || pid == ::getpid() || !has_mapped(process.path(), place)) continue;
    found.push_back({pid, name_of(process.path())});
  }
  std::ranges::sort(found, {}, &AttachedProcess::pid);
  return found;
}

}  // namespace zccache::index_tool
