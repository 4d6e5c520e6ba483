#include "live/predecessor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "base/directory.hpp"
#include "live/reinstate.hpp"

namespace zccache {
namespace {

/// For files that cannot be attached: the word is at the same place in all versions, and a store through the descriptor reaches every mapping.
/// What is not a live index needs no telling.
result<void> retire_file(const HeldDirectory& directory) {
  const std::filesystem::path path = directory.path() / CacheDirectory::kLive;
  auto fd = open_file_in(directory.fd(), CacheDirectory::kLive, O_RDWR, path);
  if (!fd) return is_about_the_file(fd.error()) ? result<void>{} : fd.error();
  auto status = status_of(fd->get(), path);
  if (!status) return status.error();
  if (!S_ISREG(status->st_mode) || static_cast<std::size_t>(status->st_size) < sizeof(format::LiveHeader)) return {};
  std::uint64_t magic = 0;
  if (::pread(fd->get(), &magic, sizeof magic, 0) != sizeof magic) return Failure{Error::io, path.string()};
  if (magic != format::kLiveMagic) return {};
  const std::uint32_t retired = 1;
  if (::pwrite(fd->get(), &retired, sizeof retired, offsetof(format::LiveHeader, retired)) == sizeof retired) return {};
  return Failure{Error::io, path.string()};
}

}  // namespace

bool Predecessor::is_in(const HeldDirectory& directory) const noexcept { return directory.find(CacheDirectory::kLive) == file_; }

result<void> Predecessor::retire(const HeldDirectory& directory) const {
  if (index_ == nullptr) return retire_file(directory);
  // Release: pairs with LiveIndex::retired().
  if (index_->segment().store([&] { index_->header().retired.store(1, std::memory_order_release); })) return {};
  return system_failure((directory.path() / CacheDirectory::kLive).string(), ENOSPC);
}

void Predecessor::reinstate() const {
  if (index_ == nullptr) return;
  // On a full disk it stays retired, and whoever finds it next reinstates it.
  [[maybe_unused]] const bool stored = index_->segment().store([&] { zccache::reinstate(index_->header()); });
}

bool is_same_life(const HeldDirectory& directory, const LiveIndex& live) {
  const auto there = directory.find(CacheDirectory::kLive);
  if (there == live.segment().identity()) return true;
  auto fd = there ? open_file_in(directory.fd(), CacheDirectory::kLive, O_RDONLY, directory.path()) : UniqueFd();
  if (!fd || !*fd) return false;
  // As bytes: the header has atomics.
  constexpr std::size_t kBytes = offsetof(format::LiveHeader, checksum);
  alignas(format::LiveHeader) std::array<std::byte, kBytes> bytes{};
  if (::pread(fd->get(), bytes.data(), kBytes, 0) != static_cast<ssize_t>(kBytes)) return false;
  const auto* header = reinterpret_cast<const format::LiveHeader*>(bytes.data());
  return header->magic == format::kLiveMagic && header->fingerprint == live.header().fingerprint && header->life == live.header().life;
}

}  // namespace zccache
