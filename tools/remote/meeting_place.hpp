// Where the launcher and zccache-remote meet: files in the cache directory, named after server, namespace, mode, user and protocol. So there is
// one process for each of these, and none answers for another.
#pragma once

#include <sys/un.h>

#include <string>

#include "common/descriptor.hpp"
#include "remote/settings.hpp"

namespace zccache::remote {

class MeetingPlace {
 public:
  MeetingPlace(const char* cache_directory, const RemoteSettings& settings);

  [[nodiscard]] const std::string& socket() const noexcept { return socket_; }
  [[nodiscard]] std::string lock_file() const { return stem_ + ".lock"; }
  [[nodiscard]] std::string breaker_file() const { return stem_ + ".breaker"; }

  /// The address of the socket, however long its path is. Keeps the directory open for it, so use it while this lives.
  [[nodiscard]] sockaddr_un address();

 private:
  std::string directory_;
  std::string stem_;
  std::string socket_;
  tools::Descriptor held_;
};

}  // namespace zccache::remote
