#include "zccache-remote/s3_backend.hpp"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace zccache::remote {
namespace {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  return ::sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
}

/// What S3 says in its XML: <Code>NoSuchKey</Code>. Empty where it says nothing that can be shown.
std::string_view error_code(std::string_view body) {
  constexpr std::string_view kBegin = "<Code>";
  constexpr std::size_t kLongest = 64;
  const std::size_t begin = body.find(kBegin);
  if (begin == std::string_view::npos) return {};
  const std::string_view code = body.substr(begin + kBegin.size(), kLongest);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return code.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(code, is_letter) - code.begin()));
}

Outcome outcome_of(long status, std::string_view code, bool was_get) {
  // To somebody who may read and not list, S3 does not say that something is not there.
  if (was_get && code == "AccessDenied") return Outcome::absent;
  for (const std::string_view refusal : {"NoSuchBucket", "ExpiredToken", "InvalidToken", "PermanentRedirect", "AuthorizationHeaderMalformed"}) {
    if (code == refusal) return Outcome::refused;
  }
  return outcome_of_status(status);
}

}  // namespace

Reply S3Backend::request(const cc::ContentDigest& name, std::optional<std::string_view> body) {
  // Read each time: keys that expire are renewed by whoever writes this file.
  const auto keys = S3Keys::from_file(key_file_, place_.profile);
  if (!keys) return {Outcome::refused, {}, place_.url + ": " + key_file_.string() + " has no keys of the profile '" + place_.profile + "'"};
  const std::string hex = cc::hex_of(name);
  HttpRequest request;
  request.url = place_.url + '/' + hex.substr(0, 2) + '/' + hex;
  request.signing = SigningKeys{.id = keys->id, .secret = keys->secret, .scope = "aws:amz:" + place_.region + ":s3"};
  request.body = body;
  // libcurl signs what stands here, and would sign an empty body otherwise.
  request.headers.push_back("x-amz-content-sha256: " + sha256_hex(body.value_or(std::string_view())));
  if (!keys->session_token.empty()) request.headers.push_back("x-amz-security-token: " + keys->session_token);
  HttpAnswer answer = connection_.perform(request);
  if (answer.status == 0) return {Outcome::failed, {}, place_.url + ": " + answer.why};
  const std::string code(answer.status < 300 ? std::string_view() : error_code(answer.bytes));
  const Outcome outcome = outcome_of(answer.status, code, !body);
  if (outcome == Outcome::good) return {outcome, std::move(answer.bytes), {}};
  if (outcome == Outcome::absent) return {outcome, {}, {}};
  return {outcome, {}, place_.url + ": status " + std::to_string(answer.status) + ' ' + code};
}

Reply S3Backend::get(const cc::ContentDigest& name) { return request(name, std::nullopt); }

Reply S3Backend::put(const cc::ContentDigest& name, std::string_view bytes) {
  Reply reply = request(name, bytes);
  reply.bytes.clear();
  return reply;
}

}  // namespace zccache::remote
