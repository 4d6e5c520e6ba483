// redis://host:port/database, rediss:// over TLS and redis+unix:///path: Redis and its kin (Valkey, KeyDB, Dragonfly). hiredis knows the
// protocol.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zccache-remote/backend.hpp"
#include "zccache-remote/stream.hpp"

namespace zccache::remote {

struct RedisPlace {
  StreamPlace stream;
  std::string user;  ///< empty: the default user
  int database = 0;

  /// Nothing where the URL is none of these. A URL with a password is refused: it would show in `ps`.
  [[nodiscard]] static std::optional<RedisPlace> parse(const std::string& url);
};

class RedisBackend : public Backend {
 public:
  /// `password`: empty without one. `ttl_secs`: 0 keeps values until the server evicts them.
  RedisBackend(const RedisPlace& place, std::string password, std::uint64_t ttl_secs, TlsSettings tls, const Limits& limits);
  Reply get(const cc::ContentDigest& name) override;
  /// All questions go out at once, so they wait for the server once.
  void get_all(std::span<const cc::ContentDigest> names, const TakeReply& take) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  using Command = std::vector<std::string_view>;

  [[nodiscard]] Reply connect();
  [[nodiscard]] Reply run(const Command& command);
  void run_all(std::string_view commands, std::size_t count, const TakeReply& take);
  [[nodiscard]] Reply exchange(std::string_view commands);
  [[nodiscard]] Reply receive();
  [[nodiscard]] Reply lost(const std::string& what);

  const std::string user_;
  const std::string password_;
  const int database_;
  const std::uint64_t ttl_secs_;
  const Limits limits_;
  Stream stream_;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_{nullptr, ::redisReaderFree};
};

}  // namespace zccache::remote
