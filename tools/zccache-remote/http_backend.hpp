// http://host/path and https://: whatever answers GET and PUT below a path, through libcurl. nginx with DAV, an artifact store, bazel-remote.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "zccache-remote/backend.hpp"

namespace zccache::remote {

struct HttpSettings {
  std::string url;      ///< without a slash at its end
  bool bazel = false;   ///< values lie below /ac/, as bazel-remote has them; else below the first two digits of their names
  std::string token;    ///< sent as a bearer token; empty: none. Without it, ~/.netrc is asked
  std::string ca_file;  ///< empty: the system's
};

class HttpBackend : public Backend {
 public:
  HttpBackend(HttpSettings settings, const Limits& limits);
  Reply get(const cc::ContentDigest& name) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  [[nodiscard]] bool prepare(const cc::ContentDigest& name);
  [[nodiscard]] Reply perform(const std::string_view& to_send, std::chrono::milliseconds silence);
  [[nodiscard]] CURLcode transfer(const std::size_t& received, const std::string_view& to_send, std::chrono::milliseconds silence);

  const HttpSettings settings_;
  const Limits limits_;
  /// Keeps the connection from one request to the next.
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> connections_{::curl_multi_init(), ::curl_multi_cleanup};
  std::unique_ptr<CURL, void (*)(CURL*)> handle_{::curl_easy_init(), ::curl_easy_cleanup};
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_{nullptr, ::curl_slist_free_all};
};

}  // namespace zccache::remote
