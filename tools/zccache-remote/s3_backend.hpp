// s3://bucket/prefix: Amazon S3 and what speaks its protocol (MinIO, Garage, R2). Requests are signed by libcurl, with "SigV4".
#pragma once

#include <filesystem>
#include <optional>

#include "zccache-remote/http_connection.hpp"
#include "zccache-remote/s3_place.hpp"

namespace zccache::remote {

class S3Backend : public Backend {
 public:
  S3Backend(S3Place place, std::filesystem::path key_file, TlsSettings tls, const Limits& limits)
      : place_(std::move(place)), key_file_(std::move(key_file)), connection_(std::move(tls), limits) {}
  Reply get(const cc::ContentDigest& name) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  [[nodiscard]] Reply request(const cc::ContentDigest& name, std::optional<std::string_view> body);

  const S3Place place_;
  const std::filesystem::path key_file_;
  HttpConnection connection_;
};

}  // namespace zccache::remote
