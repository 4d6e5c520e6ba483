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
  struct Closer {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
  };
  [[nodiscard]] bool prepare(const cc::ContentDigest& name);
  [[nodiscard]] Reply perform();

  const HttpSettings settings_;
  const Limits limits_;
  std::unique_ptr<CURL, Closer> handle_;  ///< keeps its connection from one request to the next
  std::unique_ptr<curl_slist, Closer> headers_;
};

}  // namespace zccache::remote
