// redis://host:port/database and redis+unix:///path: Redis and its kin (Valkey, KeyDB, Dragonfly), through hiredis.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zccache-remote/backend.hpp"

namespace zccache::remote {

struct RedisPlace {
  std::string host;
  int port = 6379;
  std::string socket;  ///< a Unix socket; then host and port do not count
  std::string user;    ///< empty: the default user
  int database = 0;

  /// Nothing where the URL is none of these. A URL with a password is refused: it would show in `ps`.
  [[nodiscard]] static std::optional<RedisPlace> parse(const std::string& url);
};

class RedisBackend : public Backend {
 public:
  /// `password`: empty without one. `ttl_secs`: 0 keeps values until the server evicts them.
  RedisBackend(RedisPlace place, std::string password, std::uint64_t ttl_secs, const Limits& limits);
  Reply get(const cc::ContentDigest& name) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  using Answer = std::unique_ptr<redisReply, void (*)(void*)>;
  struct Closer {
    void operator()(redisContext* context) const noexcept { ::redisFree(context); }
  };

  [[nodiscard]] Reply connect();
  [[nodiscard]] Reply run(const std::vector<std::string_view>& command);
  [[nodiscard]] Reply exchange(const std::vector<std::string_view>& command);
  [[nodiscard]] Reply lost(const std::string& what);

  const RedisPlace place_;
  const std::string password_;
  const std::uint64_t ttl_secs_;
  const Limits limits_;
  std::unique_ptr<redisContext, Closer> connection_;
  bool was_closed_ = false;  ///< the last connection was lost because the server closed it
};

}  // namespace zccache::remote
