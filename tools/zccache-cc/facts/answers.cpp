#include "zccache-cc/facts/answers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <numeric>
#include <tuple>

#include "common/descriptor.hpp"

namespace zccache::cc {
namespace {

template <class... Numbers>
std::uint64_t hash_of_numbers(Numbers... numbers) noexcept {
  Hasher hasher;
  (hasher.add(static_cast<std::uint64_t>(numbers)), ...);
  return hasher.digest().prefix();
}

bool fails_with(std::uint64_t error, std::uint8_t mode, const char* path) {
  if (mode != 0) return ::access(path, mode) != 0 && errno == static_cast<int>(error);
  // Not blocking: a FIFO in the place of a file would wait for a writer.
  const tools::Descriptor opened(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  return !opened && errno == static_cast<int>(error);
}

}  // namespace

std::uint64_t hash_of_status(const struct stat& status) noexcept {
  return hash_of_numbers(status.st_size, nanoseconds(status.st_mtim), status.st_mode, status.st_uid, status.st_gid);
}

std::uint64_t hash_of_directory_stamp(const FileStamp& stamp) noexcept {
  return hash_of_numbers(stamp.device, stamp.inode, stamp.modified_ns, stamp.changed_ns);
}

std::optional<std::vector<std::string>> names_in(const char* directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(*directory == '\0' ? "." : directory), ::closedir);
  if (!opened) return std::nullopt;
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(opened.get())) names.emplace_back(entry->d_name);
  if (errno != 0) return std::nullopt;
  return names;
}

std::optional<std::uint64_t> hash_of_listing(const char* directory) {
  auto names = names_in(directory);
  if (!names) return std::nullopt;
  std::ranges::sort(*names);
  Hasher hasher;
  for (const std::string& name : *names) hasher.add(name);
  return hasher.digest().prefix();
}

std::optional<std::uint64_t> hash_of_link(const char* path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(path, target.data(), target.size());
  if (size < 0) return std::nullopt;
  return short_hash({target.data(), static_cast<std::size_t>(size)});
}

bool holds_now(FactKind kind, std::uint8_t argument, std::uint64_t value, const char* path) {
  struct stat status {};
  switch (kind) {
    case FactKind::status:
      return ::stat(path, &status) == 0 && hash_of_status(status) == value;
    case FactKind::directory:
      return ::stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    case FactKind::absent:
      return ::stat(path, &status) != 0 && is_absence(errno);
    case FactKind::link:
      return hash_of_link(path) == value;
    case FactKind::no_link:
      return ::lstat(path, &status) == 0 && !S_ISLNK(status.st_mode);
    case FactKind::listing:
      return hash_of_listing(path) == value;
    case FactKind::permission:
      return ::access(path, argument) == 0;
    case FactKind::failure:
      return fails_with(value, argument, path);
    case FactKind::content:
    case FactKind::plain_content:
    case FactKind::loader_cache:
      break;
  }
  return false;  // not one of those, or of a version to come
}

std::uint64_t Identities::hash() const {
  Hasher hasher;
  std::vector<std::size_t> order(all_.size());
  // Neighbours in each group, told by their places among the facts: inodes and times have another order on another machine.
  const auto add_groups = [&](auto key, auto relation) {
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return key(all_[i]); });
    std::vector<std::tuple<std::size_t, std::size_t, bool>> neighbours;
    for (std::size_t at = 1; at < order.size(); ++at) {
      const File& one = all_[order[at - 1]];
      const File& other = all_[order[at]];
      if (key(one) == key(other)) neighbours.emplace_back(order[at - 1], order[at], relation(one, other));
    }
    std::ranges::sort(neighbours);
    for (const auto& [one, other, related] : neighbours) hasher.add(one).add(other).add(std::uint64_t{related});
  };
  add_groups([](const File& file) { return std::tuple(file.device, file.inode); }, [](const File&, const File&) { return true; });
  hasher.add(std::uint64_t{0});
  add_groups([](const File& file) { return file.content; },
             [](const File& one, const File& other) {
               return one.content != 0 && one.modified_ns / kNanosecondsPerSecond == other.modified_ns / kNanosecondsPerSecond;
             });
  return hasher.digest().prefix();
}

}  // namespace zccache::cc
