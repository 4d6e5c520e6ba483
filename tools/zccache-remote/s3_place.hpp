// Where an S3 bucket is, and with which keys: what URL and key file say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace zccache::remote {

struct S3Place {
  std::string url;  ///< where the values of this bucket and prefix are, without a slash at its end
  std::string region = "us-east-1";
  std::string profile = "default";  ///< whose keys of the file

  /// s3://BUCKET[/PREFIX][?region=R&endpoint=URL&style=path|host&profile=P]. Without an endpoint it is Amazon's. `style` says where the bucket
  /// is named; Amazon wants it in the host's name, and others usually have it in the path.
  [[nodiscard]] static std::optional<S3Place> parse(const std::string& url);
};

struct S3Keys {
  std::string id;
  std::string secret;
  std::string session_token;  ///< of keys that expire; empty: none

  /// From a file as Amazon's own tools have it: [profile], aws_access_key_id = …, aws_secret_access_key = …, aws_session_token = ….
  [[nodiscard]] static std::optional<S3Keys> from_file(const std::filesystem::path& file, const std::string& profile);
};

}  // namespace zccache::remote
