#include "base/boot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "base/file.hpp"

namespace zccache {
namespace {

constexpr const char* kBootIdPath = "/proc/sys/kernel/random/boot_id";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

result<BootId> current_boot_id() {
  auto fd = open_file(kBootIdPath, O_RDONLY);
  if (!fd) return fd.error();
  std::array<char, 64> text{};
  const ssize_t size = ::read(fd->get(), text.data(), text.size());
  if (size < 0) return system_failure(kBootIdPath);
  BootId id{};
  std::size_t digits = 0;
  for (const char c : std::string_view(text.data(), static_cast<std::size_t>(size))) {
    const int value = hex_digit(c);
    if (value < 0 || digits == 2 * id.size()) continue;
    id[digits / 2] = static_cast<std::uint8_t>(id[digits / 2] << 4 | value);
    ++digits;
  }
  if (digits != 2 * id.size()) return Failure{Error::io, kBootIdPath};
  return id;
}

}  // namespace zccache
