#include "zccache-remote/http_connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace zccache::remote {
namespace {

struct Received {
  std::string bytes;
  std::size_t seen;  ///< bytes, headers included: the server lives
  std::size_t limit;
};

std::size_t receive(char* data, std::size_t /*one*/, std::size_t size, void* to) noexcept {
  auto& received = *static_cast<Received*>(to);
  if (size > received.limit - received.bytes.size()) return 0;  // libcurl ends the transfer
  try {
    received.bytes.append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  received.seen += size;
  return size;
}

std::size_t note_header(char* /*data*/, std::size_t /*one*/, std::size_t size, void* to) noexcept {
  static_cast<Received*>(to)->seen += size;
  return size;
}

std::size_t send_piece(char* to, std::size_t one, std::size_t size, void* from) noexcept {
  auto& rest = *static_cast<std::string_view*>(from);
  const std::size_t piece = std::min(one * size, rest.size());
  std::memcpy(to, rest.data(), piece);
  rest.remove_prefix(piece);
  return piece;
}

}  // namespace

Outcome outcome_of_status(long status) {
  if (status >= 200 && status < 300) return Outcome::good;
  switch (status) {
    case 404:
    case 410:
      return Outcome::absent;
    case 401:
    case 403:
    case 405:
    case 407:
      return Outcome::refused;
    case 413:
    case 507:
      return Outcome::full;
    default:
      return Outcome::failed;
  }
}

bool HttpConnection::prepare(const HttpRequest& request, const Headers& headers) {
  if (!handle_ || !connections_) return false;
  CURL* const handle = handle_.get();
  ::curl_easy_reset(handle);
  const auto set = [handle](CURLoption option, auto value) { return ::curl_easy_setopt(handle, option, value) == CURLE_OK; };
  // TCP and TLS take three round trips.
  const long connecting = 2 * static_cast<long>(limits_.silence.count());
  bool done = tls_.apply(handle) && set(CURLOPT_URL, request.url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
              set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_CONNECTTIMEOUT_MS, connecting) &&
              set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.request.count())) && set(CURLOPT_HTTPHEADER, headers.get());
  if (request.asks_netrc) done = done && set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  if (const auto& keys = request.signing) {
    done = done && set(CURLOPT_AWS_SIGV4, keys->scope.c_str()) && set(CURLOPT_USERNAME, keys->id.c_str()) &&
           set(CURLOPT_PASSWORD, keys->secret.c_str());
  }
  if (request.body) done = done && set(CURLOPT_UPLOAD, 1L) && set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
  return done;
}

// libcurl counts a server's silence in whole seconds, which is longer than a compile waits. So it is counted here.
CURLcode HttpConnection::transfer(const std::size_t& received, const std::string_view& to_send, std::chrono::milliseconds silence) {
  using Clock = std::chrono::steady_clock;
  CURLM* const connections = connections_.get();
  if (::curl_multi_add_handle(connections, handle_.get()) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  CURLcode code = CURLE_OPERATION_TIMEDOUT;
  std::size_t progress = 0;
  auto end = Clock::now() + 2 * silence;  // to connect
  for (int running = 1; Clock::now() < end;) {
    if (::curl_multi_perform(connections, &running) != CURLM_OK) break;
    int left = 0;
    if (const CURLMsg* done = running == 0 ? ::curl_multi_info_read(connections, &left) : nullptr; done != nullptr) {
      code = done->data.result;
      break;
    }
    if (const std::size_t now = received + to_send.size(); now != progress) {
      progress = now;
      end = Clock::now() + silence;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    ::curl_multi_poll(connections, nullptr, 0, static_cast<int>(std::max<std::int64_t>(wait, 0)), nullptr);
  }
  ::curl_multi_remove_handle(connections, handle_.get());
  return code;
}

HttpAnswer HttpConnection::perform(const HttpRequest& request) {
  Headers headers(nullptr, ::curl_slist_free_all);
  for (const std::string& header : request.headers) {
    // Takes the list over, unless it has no memory.
    if (curl_slist* longer = ::curl_slist_append(headers.get(), header.c_str()); longer != nullptr) {
      (void)headers.release();
      headers.reset(longer);
    }
  }
  if (!prepare(request, headers)) return {.status = 0, .bytes = {}, .why = "libcurl has no memory, or cannot do what is set"};
  Received received{.bytes = {}, .seen = 0, .limit = limits_.max_value_bytes};
  std::string_view to_send = request.body.value_or(std::string_view());
  CURL* const handle = handle_.get();
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
  ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, note_header);
  ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &received);
  ::curl_easy_setopt(handle, CURLOPT_READFUNCTION, send_piece);
  ::curl_easy_setopt(handle, CURLOPT_READDATA, &to_send);
  constexpr int kMorePatience = 10;  // nobody waits for an upload, and servers write to disks
  const CURLcode code = transfer(received.seen, to_send, request.body ? kMorePatience * limits_.silence : limits_.silence);
  if (code != CURLE_OK) return {.status = 0, .bytes = {}, .why = ::curl_easy_strerror(code)};
  HttpAnswer answer{.status = 0, .bytes = std::move(received.bytes), .why = {}};
  ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace zccache::remote
