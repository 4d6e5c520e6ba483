// What a TLS connection trusts, and who we are on it.
#pragma once

#include <curl/curl.h>

#include <string>

namespace zccache::remote {

struct TlsSettings {
  std::string ca_file;      ///< certificates to trust; empty: the system's
  std::string certificate;  ///< a file with our own, for a server that asks for it; empty: none
  std::string key;          ///< a file with its private key; empty: it is in the same file

  /// False where libcurl cannot do what is set: then nothing may be sent.
  [[nodiscard]] bool apply(CURL* handle) const;
};

}  // namespace zccache::remote
