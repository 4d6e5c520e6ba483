#include "observe/asker.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>

namespace zccache::observe {
namespace {

// The unit in which memory is there or not. Smaller than a page of some machines, which costs nothing.
constexpr std::uint64_t kPage = 4096;

int read_link(const std::string& link, std::string& target) {
  std::array<char, PATH_MAX> text;
  const ssize_t n = ::readlink(link.c_str(), text.data(), text.size());
  if (n < 0) return errno == ENOENT ? ESRCH : errno;
  target.assign(text.data(), static_cast<std::size_t>(n));
  return 0;
}

// What of /proc is another file for each process that asks.
std::string for_us(const std::string& path, pid_t process) {
  for (const std::string_view own : {"/proc/self", "/proc/thread-self"}) {
    if (path.starts_with(own) && (path.size() == own.size() || path[own.size()] == '/'))
      return "/proc/" + std::to_string(process) + path.substr(own.size());
  }
  return path;
}

}  // namespace

int Asker::read(std::uint64_t address, void* to, std::size_t length) const {
  iovec ours{to, length};
  iovec theirs{reinterpret_cast<void*>(address), length};  // NOLINT(performance-no-int-to-ptr): an address of another process
  const ssize_t n = ::process_vm_readv(process_, &ours, 1, &theirs, 1, 0);
  if (n < 0) return errno;
  return static_cast<std::size_t>(n) == length ? 0 : EFAULT;
}

int Asker::read_text(std::uint64_t address, std::string& text) const {
  std::array<char, PATH_MAX> bytes;
  // Up to the end of the page, then the next page, which need not be there: the first part may hold the whole text.
  const std::uint64_t first = std::min<std::uint64_t>(kPage - address % kPage, bytes.size());
  iovec ours{bytes.data(), bytes.size()};
  const std::array<iovec, 2> theirs{iovec{reinterpret_cast<void*>(address), first},                          // NOLINT
                                    iovec{reinterpret_cast<void*>(address + first), bytes.size() - first}};  // NOLINT
  const ssize_t n = ::process_vm_readv(process_, &ours, 1, theirs.data(), theirs.size(), 0);
  if (n < 0) return errno;
  const std::size_t length = ::strnlen(bytes.data(), static_cast<std::size_t>(n));
  if (length == bytes.size()) return ENAMETOOLONG;
  if (length == static_cast<std::size_t>(n)) return EFAULT;
  text.assign(bytes.data(), length);
  return 0;
}

std::string Asker::descriptor_link(int descriptor) const {
  const std::string process = "/proc/" + std::to_string(process_);
  return descriptor == AT_FDCWD ? process + "/cwd" : process + "/fd/" + std::to_string(descriptor);
}

int Asker::place_of_descriptor(int descriptor, Place& place) const {
  place.reach = descriptor_link(descriptor);
  return read_link(place.reach, place.path);
}

int Asker::place_of_text(int directory, std::string text, Place& place) const {
  place.spelled = std::move(text);
  if (place.spelled.starts_with('/')) {
    place.path = place.spelled;
    place.reach = for_us(place.spelled, process_);
    return 0;
  }
  if (const int error = place_of_descriptor(directory, place); error != 0) return error;
  if (place.spelled.empty()) return 0;
  if (place.path != "/") place.path += '/';
  place.path += place.spelled;
  place.reach += '/';
  place.reach += place.spelled;
  return 0;
}

int Asker::place(int directory, std::uint64_t address, Place& place) const {
  std::string text;
  if (const int error = read_text(address, text); error != 0) return error;
  return place_of_text(directory, std::move(text), place);
}

}  // namespace zccache::observe
