// A server that keeps values by name.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/digest.hpp"

namespace zccache::remote {

/// What became of a request. Each but `good` and `absent` comes with a reason.
enum class Outcome {
  good,
  absent,   ///< a miss, and no failure
  refused,  ///< the server knows us and says no: asking again is useless until somebody changes a setting
  full,     ///< it takes nothing more, and may still serve
  failed,   ///< no answer, or none that makes sense
};

struct Reply {
  Outcome outcome = Outcome::failed;
  std::string bytes;  ///< of a get() that is good
  std::string why;    ///< never holds a secret
};

struct Limits {
  /// The longest silence of a server.
  std::chrono::milliseconds silence{300};
  /// The longest request, for a server that drips.
  std::chrono::milliseconds request{10000};
  std::size_t max_value_bytes = std::size_t{64} << 20;
};

/// One kept connection, made when it is first needed and again after a failure. Used by one thread at a time.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  [[nodiscard]] virtual Reply get(const cc::ContentDigest& name) = 0;
  /// Gets several, and hands each reply over as it comes, with its place among the names.
  using TakeReply = std::function<void(std::size_t i, Reply reply)>;
  virtual void get_all(std::span<const cc::ContentDigest> names, const TakeReply& take) {
    for (std::size_t i = 0; i < names.size(); ++i) take(i, get(names[i]));
  }
  [[nodiscard]] virtual Reply put(const cc::ContentDigest& name, std::string_view bytes) = 0;
};

/// $ZCCACHE_REMOTE names one server, or several, separated by spaces.
[[nodiscard]] std::vector<std::string> servers_of(std::string_view setting);

/// By the scheme of the URL: file, redis, rediss, redis+unix, http, https, s3. Null where it is none of these, or lacks a part.
[[nodiscard]] std::unique_ptr<Backend> make_backend(const std::string& url, const Limits& limits);

}  // namespace zccache::remote
