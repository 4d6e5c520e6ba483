#include "zccache-remote/check.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "zccache-remote/backend.hpp"
#include "zccache-remote/signature.hpp"
#include "zccache-remote/value.hpp"

namespace zccache::remote {
namespace {

using enum Finding::State;

std::string since(std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", took.count());
  return text;
}

std::string cure_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::refused:
      return "look at user, password, token, keys or certificate: docs/remote.md#settings";
    case Outcome::full:
      return "make room on the server, or let it forget the oldest";
    default:
      return "is it there, and can this machine reach it? Builds go on without it";
  }
}

Finding check_writing(Backend& server, const cc::ContentDigest& name, std::string found) {
  Parcel parcel;
  parcel.key = "doctor";
  const std::string value = encode_value(name, {parcel});
  const Reply put = server.put(name, value);
  if (put.outcome != Outcome::good) return {bad, found + ", may read, not write: " + put.why, cure_of(put.outcome)};
  if (server.get(name).bytes != value)
    return {bad, found + ", does not give back what it was given", "it is no server for values of any bytes"};
  return {good, found + ", may read and write", {}};
}

Finding check_server(const std::string& url, const RemoteSettings& settings) {
  const auto server = make_backend(url, Limits{});
  // The URL may have a password in it, so it is not shown.
  if (!server)
    return {bad, "a server of ZCCACHE_REMOTE is no URL that zccache-remote knows, or has a password in it", "docs/remote.md#settings"};
  const cc::ContentDigest name = value_name(settings.name_space, "doctor");
  const auto connecting = std::chrono::steady_clock::now();
  const Reply first = server->get(name);
  if (first.outcome != Outcome::good && first.outcome != Outcome::absent) return {bad, url + ": " + first.why, cure_of(first.outcome)};
  const std::string connected = since(connecting);
  const auto asking = std::chrono::steady_clock::now();
  const Reply second = server->get(name);
  const bool is_tls = url.starts_with("rediss:") || url.find("https:") != std::string::npos ||
                      (url.starts_with("s3:") && url.find("http:") == std::string::npos);
  std::string found = url + (is_tls ? ": TLS, " : ": ") + "connected in " + connected + ", answers in " + since(asking);
  if (!second.why.empty()) return {note, found + ", may perhaps not read: " + second.why, "nothing, if it only does not tell what it lacks"};
  if (settings.writes) return check_writing(*server, name, std::move(found));
  return {good, found + ", may read; nothing is sent from here", {}};
}

const char* file_setting(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

std::vector<Finding> check_servers(const RemoteSettings& settings) {
  std::vector<Finding> findings;
  for (const std::string& url : servers_of(settings.server)) findings.push_back(check_server(url, settings));
  if (const char* file = file_setting("ZCCACHE_REMOTE_SIGN_KEY"); file != nullptr && !Signer::from_file(file))
    findings.push_back(
        {bad, std::string(file) + " has no key to sign with: what is sent is not signed", "64 hex digits, readable by this user"});
  if (const char* file = file_setting("ZCCACHE_REMOTE_TRUST"); file != nullptr && !Trust::from_file(file).has_keys())
    findings.push_back({bad, std::string(file) + " names no public key: nothing is served", "64 hex digits a line, and no other lines"});
  return findings;
}

}  // namespace zccache::remote
