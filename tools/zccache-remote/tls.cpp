#include "zccache-remote/tls.hpp"

namespace zccache::remote {
namespace {

bool set(CURL* handle, CURLoption option, const std::string& value) {
  return value.empty() || ::curl_easy_setopt(handle, option, value.c_str()) == CURLE_OK;
}

}  // namespace

bool TlsSettings::apply(CURL* handle) const {
  // Debian's bundle takes 50 ms and more to load: once is enough for a process, and libcurl keeps it only where no directory is looked at.
  (void)::curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  (void)::curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, -1L);
  return set(handle, CURLOPT_CAINFO, ca_file) && set(handle, CURLOPT_SSLCERT, certificate) &&
         set(handle, CURLOPT_SSLKEY, key.empty() ? certificate : key);
}

}  // namespace zccache::remote
