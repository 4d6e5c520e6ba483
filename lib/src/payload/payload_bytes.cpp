#include "payload/payload_bytes.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "payload/copy.hpp"

namespace zccache {

result<Digest> PayloadBytes::copy_to(int to, const std::filesystem::path& to_path) const {
  if (is_file()) return copy_bytes(fd.get(), to, size, to_path);
  if (auto written = write_all(to, bytes, to_path); !written) return written.error();
  return digest_of(bytes);
}

result<Digest> PayloadBytes::digest() const { return is_file() ? digest_of(fd.get(), path) : digest_of(bytes); }

result<void> PayloadBytes::read_to(std::span<std::byte> to) const {
  if (!is_file()) {
    std::ranges::copy(bytes, to.begin());
    return {};
  }
  for (off_t offset = 0; !to.empty();) {
    const ssize_t got = ::pread(fd.get(), to.data(), to.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return system_failure(path.string(), got == 0 ? EIO : errno);
    to = to.subspan(static_cast<std::size_t>(got));
    offset += got;
  }
  return {};
}

}  // namespace zccache
