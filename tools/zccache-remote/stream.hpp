// A connection that bytes go through: TCP, TLS or a Unix socket. libcurl makes it and then speaks no protocol of its own on it.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "zccache-remote/backend.hpp"
#include "zccache-remote/tls.hpp"

namespace zccache::remote {

struct StreamPlace {
  std::string host;  ///< an IPv6 address without brackets
  int port = 0;
  std::string socket;  ///< a Unix socket; then host and port do not count
  bool tls = false;
};

/// Each function that fails says why in error(), and the stream is closed.
class Stream {
 public:
  Stream(StreamPlace place, TlsSettings tls, const Limits& limits) : place_(std::move(place)), tls_(std::move(tls)), limits_(limits) {}

  [[nodiscard]] bool open();
  [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
  void close() noexcept { handle_.reset(); }

  [[nodiscard]] bool send(std::string_view bytes);
  /// Waits for some bytes, and returns how many; 0 where none came.
  [[nodiscard]] std::size_t receive(std::span<char> to);

  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  /// Whether the last failure was that the other side had closed it.
  [[nodiscard]] bool was_closed() const noexcept { return was_closed_; }

 private:
  [[nodiscard]] bool wait_for(short events);
  bool fail(std::string why, bool was_closed);

  const StreamPlace place_;
  const TlsSettings tls_;
  const Limits limits_;
  std::unique_ptr<CURL, void (*)(CURL*)> handle_{nullptr, ::curl_easy_cleanup};
  std::string error_;
  bool was_closed_ = false;
};

}  // namespace zccache::remote
