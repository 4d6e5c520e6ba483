#include "remote/meeting_place.hpp"

#include <fcntl.h>
#include <sodium/crypto_generichash_blake2b.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace zccache::remote {
namespace {

constexpr const char* kProtocol = "1";

std::string short_name(const RemoteSettings& settings) {
  std::string text = kProtocol;
  for (const std::string& part : {std::string(settings.server), std::string(settings.name_space), std::string(settings.writes ? "w" : "r"),
                                  std::to_string(::geteuid())}) {
    text += '\0' + part;
  }
  std::array<unsigned char, crypto_generichash_blake2b_BYTES_MIN> hash{};
  crypto_generichash_blake2b(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  constexpr const char* kHexDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < hash.size() / 2; ++i) hex += {kHexDigits[hash[i] >> 4U], kHexDigits[hash[i] & 15U]};
  return hex;
}

}  // namespace

MeetingPlace::MeetingPlace(const char* cache_directory, const RemoteSettings& settings)
    : directory_(cache_directory), stem_(directory_ + "/remote-" + short_name(settings)), socket_(stem_ + ".socket") {}

sockaddr_un MeetingPlace::address() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = socket_;
  if (path.size() >= sizeof address.sun_path) {
    if (!held_) held_ = tools::Descriptor(::open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    path = "/proc/self/fd/" + std::to_string(held_.get()) + socket_.substr(directory_.size());
  }
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace zccache::remote
