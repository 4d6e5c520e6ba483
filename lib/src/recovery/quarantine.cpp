#include "recovery/quarantine.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <system_error>
#include <vector>

#include "base/directory.hpp"
#include "base/log.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;

struct Kept {
  fs::path path;
  std::uint64_t bytes;
};

/// When a file was set aside: its name ends in a stamp. Its own times are older, and say nothing of that.
std::string stamp_of(const Kept& file) { return file.path.extension().string(); }

std::vector<Kept> newest_first(const fs::path& quarantine) {
  std::vector<Kept> files;
  for_each_entry(quarantine, [&](const fs::directory_entry& file) {
    std::error_code unknown;
    const std::uint64_t bytes = file.file_size(unknown);
    files.push_back({file.path(), unknown ? 0 : bytes});
  });
  std::ranges::sort(files, std::greater{}, stamp_of);
  return files;
}

void enforce_caps(const fs::path& quarantine) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const Kept& file : newest_first(quarantine)) {
    bytes += file.bytes;
    if (++count <= kQuarantineFiles && (bytes <= kQuarantineBytes || count == 1)) continue;
    log::warning("quarantine is full: removing " + file.path.string());
    std::error_code ignored;
    fs::remove(file.path, ignored);
  }
}

std::string stamp() {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

std::string set_aside(const HeldDirectory& held, const fs::path& file) {
  const CacheDirectory directory(held.path());
  const fs::path kept = directory.quarantine() / (file.filename().string() + "." + stamp());
  if (auto made = make_folder(directory.quarantine()); !made) {
    log::warning("cannot set " + file.string() + " aside: " + made.error().message());
    return {};
  }
  // A second name, not a move: a kill before the replacement is in place must not take a source of recovery away.
  const fs::path inside = kept.lexically_relative(directory.path());
  if (::linkat(held.fd(), file.filename().c_str(), held.fd(), inside.c_str(), 0) != 0) {
    log::warning("cannot set " + file.string() + " aside as " + kept.string());
    return {};
  }
  enforce_caps(directory.quarantine());
  log::warning(file.string() + " was set aside as " + kept.string());
  return inside.string();
}

}  // namespace zccache
