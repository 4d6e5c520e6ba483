#include "zccache-remote/s3_place.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

namespace zccache::remote {
namespace {

std::string_view without_spaces(std::string_view text) {
  constexpr const char* kSpaces = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpaces);
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

/// Whether it stands for itself in a URL: what is signed has to be what is sent.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '.' || c == '_' || c == '-';
  });
}

/// The first NAME=VALUE of those that '&' separates; `query` becomes the rest.
std::pair<std::string_view, std::string_view> take_pair(std::string_view& query) {
  const std::string_view one = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(one.size() + 1, query.size()));
  const std::size_t equals = std::min(one.find('='), one.size());
  return {one.substr(0, equals), one.substr(std::min(equals + 1, one.size()))};
}

}  // namespace

std::optional<S3Place> S3Place::parse(const std::string& url) {
  constexpr std::string_view kScheme = "s3://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  std::string_view rest = std::string_view(url).substr(kScheme.size());
  const std::size_t question = rest.find('?');
  std::string_view query = question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  rest = rest.substr(0, question);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::string bucket(rest.substr(0, rest.find('/')));
  const std::string prefix(rest.substr(bucket.size()));
  if (bucket.empty() || !is_plain(rest)) return std::nullopt;

  S3Place place;
  std::string endpoint;
  std::string style;
  while (!query.empty()) {
    const auto [name, value] = take_pair(query);
    if (value.empty()) return std::nullopt;
    if (name == "region" && is_plain(value)) {
      place.region = value;
    } else if (name == "profile") {
      place.profile = value;
    } else if (name == "endpoint" && (value.starts_with("http://") || value.starts_with("https://")) && value.find('@') == std::string::npos) {
      endpoint = value;
    } else if (name == "style" && (value == "path" || value == "host")) {
      style = value;
    } else {
      return std::nullopt;
    }
  }
  if (style.empty()) style = endpoint.empty() ? "host" : "path";
  if (endpoint.empty()) endpoint = "https://s3." + place.region + ".amazonaws.com";
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const std::size_t host = endpoint.find("://") + 3;
  place.url = style == "path" ? endpoint + '/' + bucket : endpoint.insert(host, bucket + '.');
  place.url += prefix;
  return place;
}

std::optional<S3Keys> S3Keys::from_file(const std::filesystem::path& path, const std::string& profile) {
  std::ifstream file(path);
  S3Keys keys;
  bool is_ours = false;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = without_spaces(line);
    if (text.starts_with('[')) is_ours = text == '[' + profile + ']';
    const std::size_t equals = text.find('=');
    if (!is_ours || equals == std::string_view::npos) continue;
    const std::string_view name = without_spaces(text.substr(0, equals));
    const std::string_view value = without_spaces(text.substr(equals + 1));
    if (name == "aws_access_key_id") keys.id = value;
    if (name == "aws_secret_access_key") keys.secret = value;
    if (name == "aws_session_token") keys.session_token = value;
  }
  return keys.id.empty() || keys.secret.empty() ? std::nullopt : std::optional(std::move(keys));
}

}  // namespace zccache::remote
