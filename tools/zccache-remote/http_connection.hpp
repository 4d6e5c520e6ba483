// Requests to an HTTP server, one after the other on a connection that is kept, through libcurl.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-remote/backend.hpp"
#include "zccache-remote/tls.hpp"

namespace zccache::remote {

/// How a request is signed for S3. Without keys it is not.
struct SigningKeys {
  std::string id;
  std::string secret;
  std::string scope;  ///< as libcurl wants it: "aws:amz:REGION:s3"
};

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;
  std::optional<std::string_view> body;  ///< PUT; else GET
  bool asks_netrc = false;               ///< for user and password
  std::optional<SigningKeys> signing;
};

struct HttpAnswer {
  long status = 0;  ///< 0: none came
  std::string bytes;
  std::string why;  ///< none came
};

class HttpConnection {
 public:
  HttpConnection(TlsSettings tls, const Limits& limits) : tls_(std::move(tls)), limits_(limits) {}
  /// The strings of the request have to live until it returns.
  [[nodiscard]] HttpAnswer perform(const HttpRequest& request);

 private:
  using Headers = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

  [[nodiscard]] bool prepare(const HttpRequest& request, const Headers& headers);
  [[nodiscard]] CURLcode transfer(const std::size_t& received, const std::string_view& to_send, std::chrono::milliseconds silence);

  const TlsSettings tls_;
  const Limits limits_;
  /// Keeps the connection from one request to the next.
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> connections_{::curl_multi_init(), ::curl_multi_cleanup};
  std::unique_ptr<CURL, void (*)(CURL*)> handle_{::curl_easy_init(), ::curl_easy_cleanup};
};

/// What a status means for the one who asked.
[[nodiscard]] Outcome outcome_of_status(long status);

}  // namespace zccache::remote
