#include "zccache-remote/http_backend.hpp"

#include <utility>

namespace zccache::remote {

HttpRequest HttpBackend::request_for(const cc::ContentDigest& name) const {
  const std::string hex = cc::hex_of(name);
  HttpRequest request;
  request.url = settings_.url + '/' + (settings_.bazel ? "ac" : hex.substr(0, 2)) + '/' + hex;
  request.asks_netrc = settings_.token.empty();
  if (!settings_.token.empty()) request.headers.push_back("Authorization: Bearer " + settings_.token);
  return request;
}

Reply HttpBackend::reply_to(const HttpRequest& request) {
  HttpAnswer answer = connection_.perform(request);
  if (answer.status == 0) return {Outcome::failed, {}, settings_.url + ": " + answer.why};
  const Outcome outcome = outcome_of_status(answer.status);
  if (outcome == Outcome::good) return {outcome, std::move(answer.bytes), {}};
  if (outcome == Outcome::absent) return {outcome, {}, {}};
  return {outcome, {}, settings_.url + ": status " + std::to_string(answer.status)};
}

Reply HttpBackend::get(const cc::ContentDigest& name) { return reply_to(request_for(name)); }

Reply HttpBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  HttpRequest request = request_for(name);
  request.body = bytes;
  Reply reply = reply_to(request);
  reply.bytes.clear();
  // A place for values that is not there is no miss of one.
  if (reply.outcome == Outcome::absent) return {Outcome::refused, {}, settings_.url + ": is not there"};
  return reply;
}

}  // namespace zccache::remote
