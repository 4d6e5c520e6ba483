// http://host/path and https://: whatever answers GET and PUT below a path. nginx with DAV, an artifact store, bazel-remote.
#pragma once

#include <string>

#include "zccache-remote/http_connection.hpp"

namespace zccache::remote {

struct HttpSettings {
  std::string url;     ///< without a slash at its end
  bool bazel = false;  ///< values lie below /ac/, as bazel-remote has them; else below the first two digits of their names
  std::string token;   ///< sent as a bearer token; empty: none. Without it, ~/.netrc is asked
};

class HttpBackend : public Backend {
 public:
  HttpBackend(HttpSettings settings, TlsSettings tls, const Limits& limits)
      : settings_(std::move(settings)), connection_(std::move(tls), limits) {}
  Reply get(const cc::ContentDigest& name) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  [[nodiscard]] HttpRequest request_for(const cc::ContentDigest& name) const;
  [[nodiscard]] Reply reply_to(const HttpRequest& request);

  const HttpSettings settings_;
  HttpConnection connection_;
};

}  // namespace zccache::remote
