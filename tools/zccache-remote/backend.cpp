#include "zccache-remote/backend.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "zccache-remote/file_backend.hpp"
#include "zccache-remote/http_backend.hpp"
#include "zccache-remote/redis_backend.hpp"
#include "zccache-remote/s3_backend.hpp"

namespace zccache::remote {
namespace {

std::string setting(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

/// The first line of the file that the variable names. Secrets come from files only: an environment shows in /proc and in logs.
std::string secret(const char* variable) {
  std::string line;
  if (const std::string path = setting(variable); !path.empty()) {
    std::ifstream file(path);
    std::getline(file, line);
  }
  return line;
}

std::uint64_t number(const char* variable) {
  const std::string text = setting(variable);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

TlsSettings tls() {
  return {.ca_file = setting("ZCCACHE_REMOTE_CA"), .certificate = setting("ZCCACHE_REMOTE_CERT"), .key = setting("ZCCACHE_REMOTE_KEY")};
}

std::filesystem::path s3_key_file() {
  const std::string chosen = setting("ZCCACHE_REMOTE_ACCESS_KEY_FILE");
  return chosen.empty() ? std::filesystem::path(setting("HOME")) / ".aws/credentials" : std::filesystem::path(chosen);
}

std::unique_ptr<Backend> make_http(std::string url, const Limits& limits) {
  constexpr std::string_view kBazel = "?layout=bazel";
  HttpSettings settings{.url = std::move(url), .bazel = false, .token = secret("ZCCACHE_REMOTE_TOKEN_FILE")};
  if (settings.url.ends_with(kBazel)) {
    settings.bazel = true;
    settings.url.resize(settings.url.size() - kBazel.size());
  }
  while (settings.url.ends_with('/')) settings.url.pop_back();
  // One with a user and a password would show in `ps` and in the log.
  if (settings.url.find('@') != std::string::npos) return nullptr;
  return std::make_unique<HttpBackend>(std::move(settings), tls(), limits);
}

}  // namespace

std::vector<std::string> servers_of(std::string_view setting) {
  std::vector<std::string> urls;
  std::istringstream words{std::string(setting)};
  for (std::string url; words >> url;) urls.push_back(std::move(url));
  return urls;
}

std::unique_ptr<Backend> make_backend(const std::string& url, const Limits& limits) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with(std::string(kFile) + '/')) return std::make_unique<FileBackend>(url.substr(kFile.size()), limits);
  if (url.starts_with("http://") || url.starts_with("https://")) return make_http(url, limits);
  if (auto s3 = S3Place::parse(url)) return std::make_unique<S3Backend>(*std::move(s3), s3_key_file(), tls(), limits);
  const auto redis = RedisPlace::parse(url);
  if (!redis) return nullptr;
  return std::make_unique<RedisBackend>(*redis, secret("ZCCACHE_REMOTE_PASSWORD_FILE"), number("ZCCACHE_REMOTE_TTL_SECS"), tls(), limits);
}

}  // namespace zccache::remote
