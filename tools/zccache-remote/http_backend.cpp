#include "zccache-remote/http_backend.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace zccache::remote {
namespace {

struct Received {
  std::string bytes;
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

HttpBackend::HttpBackend(HttpSettings settings, const Limits& limits)
    : settings_(std::move(settings)), limits_(limits), handle_(::curl_easy_init()) {
  if (!settings_.token.empty()) headers_.reset(::curl_slist_append(nullptr, ("Authorization: Bearer " + settings_.token).c_str()));
}

// The connection survives a reset of the handle, all options do not.
bool HttpBackend::prepare(const cc::ContentDigest& name) {
  if (!handle_) return false;
  CURL* const handle = handle_.get();
  ::curl_easy_reset(handle);
  const std::string hex = cc::hex_of(name);
  const std::string url = settings_.url + '/' + (settings_.bazel ? "ac" : hex.substr(0, 2)) + '/' + hex;
  const long silence = static_cast<long>(limits_.silence.count());
  bool done = ::curl_easy_setopt(handle, CURLOPT_URL, url.c_str()) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, silence) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, silence / 1000)) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK;
  done = done && ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, std::max(1L, silence / 1000)) == CURLE_OK;
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

Reply HttpBackend::perform() {
  Received received{.bytes = {}, .limit = limits_.max_value_bytes};
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, receive);
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &received);
  const CURLcode code = ::curl_easy_perform(handle_.get());
  if (code != CURLE_OK) return {Outcome::failed, {}, settings_.url + ": " + ::curl_easy_strerror(code)};
  long status = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  const Outcome outcome = outcome_of_status(status);
  if (outcome == Outcome::good) return {outcome, std::move(received.bytes), {}};
  return {outcome, {}, settings_.url + ": status " + std::to_string(status)};
}

Reply HttpBackend::get(const cc::ContentDigest& name) {
  if (!prepare(name)) return {Outcome::failed, {}, "libcurl has no memory, or lacks an option"};
  return perform();
}

Reply HttpBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  if (!prepare(name)) return {Outcome::failed, {}, "libcurl has no memory, or lacks an option"};
  CURL* const handle = handle_.get();
  ::curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  ::curl_easy_setopt(handle, CURLOPT_READFUNCTION, send_piece);
  ::curl_easy_setopt(handle, CURLOPT_READDATA, &bytes);
  ::curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
  Reply reply = perform();
  reply.bytes.clear();
  // A place for values that is not there is no miss of one.
  if (reply.outcome == Outcome::absent) reply.outcome = Outcome::refused;
  return reply;
}

}  // namespace zccache::remote
