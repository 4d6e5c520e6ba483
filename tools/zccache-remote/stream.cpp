#include "zccache-remote/stream.hpp"

#include <poll.h>

#include <cerrno>
#include <utility>

namespace zccache::remote {

bool Stream::fail(std::string why, bool was_closed) {
  error_ = std::move(why);
  was_closed_ = was_closed;
  close();
  return false;
}

bool Stream::open() {
  handle_.reset(::curl_easy_init());
  if (!handle_) return fail("no memory", false);
  const auto set = [handle = handle_.get()](CURLoption option, auto value) { return ::curl_easy_setopt(handle, option, value) == CURLE_OK; };
  const bool is_address = place_.host.find(':') != std::string::npos;
  const std::string host = place_.socket.empty() ? (is_address ? '[' + place_.host + ']' : place_.host) : "localhost";
  std::string url = (place_.tls ? "https://" : "http://") + host;
  if (place_.socket.empty()) url += ':' + std::to_string(place_.port);
  // TCP and TLS take three round trips.
  const long connecting = 2 * static_cast<long>(limits_.silence.count());
  const bool ready = tls_.apply(handle_.get()) && set(CURLOPT_URL, url.c_str()) && set(CURLOPT_CONNECT_ONLY, 1L) && set(CURLOPT_NOSIGNAL, 1L) &&
                     set(CURLOPT_CONNECTTIMEOUT_MS, connecting) && set(CURLOPT_PROXY, "") && set(CURLOPT_SSL_ENABLE_ALPN, 0L) &&
                     (place_.socket.empty() || set(CURLOPT_UNIX_SOCKET_PATH, place_.socket.c_str()));
  if (!ready) return fail("libcurl has no memory, or cannot do what is set", false);
  const CURLcode code = ::curl_easy_perform(handle_.get());
  return code == CURLE_OK || fail(::curl_easy_strerror(code), false);
}

bool Stream::wait_for(short events) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (::curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK || socket == CURL_SOCKET_BAD)
    return fail("the connection is lost", true);
  pollfd one{.fd = socket, .events = events, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&one, 1, static_cast<int>(limits_.silence.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0 || fail("it says nothing", false);
}

bool Stream::send(std::string_view bytes) {
  const auto end = std::chrono::steady_clock::now() + limits_.request;
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = ::curl_easy_send(handle_.get(), bytes.data(), bytes.size(), &sent);
    if (code != CURLE_OK && code != CURLE_AGAIN) return fail(::curl_easy_strerror(code), true);
    bytes.remove_prefix(sent);
    if (std::chrono::steady_clock::now() > end) return fail("the request takes too long", false);
    if (code == CURLE_AGAIN && !wait_for(POLLOUT)) return false;
  }
  return true;
}

std::size_t Stream::receive(std::span<char> to) {
  for (;;) {
    std::size_t got = 0;
    const CURLcode code = ::curl_easy_recv(handle_.get(), to.data(), to.size(), &got);
    if (code == CURLE_OK && got != 0) return got;
    if (code != CURLE_AGAIN) {
      (void)fail(code == CURLE_OK ? "it closed the connection" : ::curl_easy_strerror(code), true);
      return 0;
    }
    if (!wait_for(POLLIN)) return 0;
  }
}

}  // namespace zccache::remote
