// What a URL of a Redis says.
#include "catch.hpp"
#include "zccache-remote/redis_backend.hpp"

using zccache::remote::RedisPlace;

TEST_CASE("a_url_of_a_redis_names_host_port_database_and_user") {
  const auto plain = RedisPlace::parse("redis://cache.example");
  REQUIRE(plain);
  CHECK(plain->stream.host == "cache.example");
  CHECK(plain->stream.port == 6379);
  CHECK(plain->database == 0);
  const auto full = RedisPlace::parse("redis://team@[::1]:7000/3");
  REQUIRE(full);
  CHECK(full->stream.host == "::1");
  CHECK(full->stream.port == 7000);
  CHECK(full->database == 3);
  CHECK(full->user == "team");
  CHECK_FALSE(full->stream.tls);
  CHECK(RedisPlace::parse("rediss://cache.example")->stream.tls);
  const auto socket = RedisPlace::parse("redis+unix:///run/redis.socket?db=2");
  REQUIRE(socket);
  CHECK(socket->stream.socket == "/run/redis.socket");
  CHECK(socket->database == 2);
}

TEST_CASE("what_is_no_url_of_a_redis_is_refused") {
  for (const char* url : {"", "redis:", "redis://", "redis://host:port", "redis://host:70000", "redis://host/x", "redis://host/-1",
                          "redis://[::1", "redis://user:password@host", "redis+unix://", "http://host"}) {
    INFO(url);
    CHECK_FALSE(RedisPlace::parse(url));
  }
}
