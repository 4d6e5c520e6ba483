#include "zccache-remote/http_backend.hpp"

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

}  // namespace

HttpBackend::HttpBackend(HttpSettings settings, const Limits& limits) : settings_(std::move(settings)), limits_(limits) {
  if (!settings_.token.empty()) headers_.reset(::curl_slist_append(nullptr, ("Authorization: Bearer " + settings_.token).c_str()));
}

bool HttpBackend::prepare(const cc::ContentDigest& name) {
  if (!handle_ || !connections_) return false;
  CURL* const handle = handle_.get();
  ::curl_easy_reset(handle);
  const std::string hex = cc::hex_of(name);
  const std::string url = settings_.url + '/' + (settings_.bazel ? "ac" : hex.substr(0, 2)) + '/' + hex;
  // TCP and TLS take three round trips.
  const long connecting = 2 * static_cast<long>(limits_.silence.count());
  bool done = ::curl_easy_setopt(handle, CURLOPT_URL, url.c_str()) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connecting) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.request.count())) == CURLE_OK;
  if (headers_) {
    done = done && ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get()) == CURLE_OK;
  } else {
    done = done && ::curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL)) == CURLE_OK;
  }
  // Debian's bundle takes 50 ms and more to load: once is enough for a process.
  if (!settings_.ca_file.empty()) done = done && ::curl_easy_setopt(handle, CURLOPT_CAINFO, settings_.ca_file.c_str()) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr) == CURLE_OK;
  (void)::curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, -1L);
  return done;
}

// libcurl counts a server's silence in whole seconds, which is longer than a compile waits. So it is counted here.
CURLcode HttpBackend::transfer(const std::size_t& received, const std::string_view& to_send, std::chrono::milliseconds silence) {
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

Reply HttpBackend::perform(const std::string_view& to_send, std::chrono::milliseconds silence) {
  Received received{.bytes = {}, .seen = 0, .limit = limits_.max_value_bytes};
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, receive);
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &received);
  ::curl_easy_setopt(handle_.get(), CURLOPT_HEADERFUNCTION, note_header);
  ::curl_easy_setopt(handle_.get(), CURLOPT_HEADERDATA, &received);
  const CURLcode code = transfer(received.seen, to_send, silence);
  if (code != CURLE_OK) return {Outcome::failed, {}, settings_.url + ": " + ::curl_easy_strerror(code)};
  long status = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  const Outcome outcome = outcome_of_status(status);
  if (outcome == Outcome::good) return {outcome, std::move(received.bytes), {}};
  return {outcome, {}, settings_.url + ": status " + std::to_string(status)};
}

Reply HttpBackend::get(const cc::ContentDigest& name) {
  if (!prepare(name)) return {Outcome::failed, {}, "libcurl has no memory, or lacks an option"};
  return perform({}, limits_.silence);
}

Reply HttpBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  if (!prepare(name)) return {Outcome::failed, {}, "libcurl has no memory, or lacks an option"};
  CURL* const handle = handle_.get();
  ::curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  ::curl_easy_setopt(handle, CURLOPT_READFUNCTION, send_piece);
  ::curl_easy_setopt(handle, CURLOPT_READDATA, &bytes);
  ::curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
  constexpr int kMorePatience = 10;  // nobody waits for an upload, and servers write to disks
  Reply reply = perform(bytes, kMorePatience * limits_.silence);
  reply.bytes.clear();
  // A place for values that is not there is no miss of one.
  if (reply.outcome == Outcome::absent) reply.outcome = Outcome::refused;
  return reply;
}

}  // namespace zccache::remote
