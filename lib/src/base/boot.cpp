#include "base/boot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <bit>
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

result<BootId> read_boot_id() {
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

}  // namespace

result<BootId> current_boot_id() {
  // A process lives in one boot, and reading the file takes as long as a whole attach. Whoever comes first stores what all others would.
  static constinit std::atomic<std::uint64_t> low{0};
  static constinit std::atomic<std::uint64_t> high{0};
  static constinit std::atomic<bool> known{false};
  if (known.load(std::memory_order_acquire)) {
    return std::bit_cast<BootId>(std::array{low.load(std::memory_order_relaxed), high.load(std::memory_order_relaxed)});
  }
  auto id = read_boot_id();
  if (!id) return id;
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(*id);
  low.store(words[0], std::memory_order_relaxed);
  high.store(words[1], std::memory_order_relaxed);
  known.store(true, std::memory_order_release);  // pairs with the acquire above
  return id;
}

}  // namespace zccache
