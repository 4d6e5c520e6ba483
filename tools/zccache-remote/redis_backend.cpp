#include "zccache-remote/redis_backend.hpp"

#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <utility>

namespace zccache::remote {
namespace {

timeval to_timeval(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

bool parse_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

// No command of ours is answered by an array. hiredis would take memory for as many elements as a hostile server names.
void* refuse_array(const redisReadTask* /*task*/, int /*elements*/) { return nullptr; }

redisReplyObjectFunctions without_arrays(const redisReplyObjectFunctions& functions) {
  redisReplyObjectFunctions ours = functions;
  ours.createArray = refuse_array;
  return ours;
}

Outcome outcome_of_error(std::string_view error) {
  for (const std::string_view refusal : {"NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password", "ERR Client sent AUTH"}) {
    if (error.starts_with(refusal)) return Outcome::refused;
  }
  for (const std::string_view full : {"OOM", "READONLY", "MISCONF"}) {
    if (error.starts_with(full)) return Outcome::full;
  }
  return Outcome::failed;
}

}  // namespace

std::optional<RedisPlace> RedisPlace::parse(const std::string& url) {
  constexpr std::string_view kTcp = "redis://";
  constexpr std::string_view kUnix = "redis+unix://";
  RedisPlace place;
  std::string_view rest = url;
  const bool is_unix = rest.starts_with(kUnix);
  if (!is_unix && !rest.starts_with(kTcp)) return std::nullopt;
  rest.remove_prefix(is_unix ? kUnix.size() : kTcp.size());
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    place.user = rest.substr(0, at);
    if (place.user.find(':') != std::string::npos) return std::nullopt;
    rest.remove_prefix(at + 1);
  }
  if (is_unix) {
    const std::size_t query = rest.find("?db=");
    if (query != std::string_view::npos && !parse_number(rest.substr(query + 4), place.database)) return std::nullopt;
    place.socket = rest.substr(0, query);
    return place.socket.empty() ? std::nullopt : std::optional(std::move(place));
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !parse_number(database, place.database)) return std::nullopt;
    rest = rest.substr(0, slash);
  }
  // An IPv6 address stands in brackets, and has colons of its own.
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const std::size_t colon = rest.find(':', bracket); colon != std::string_view::npos) {
    if (!parse_number(rest.substr(colon + 1), place.port) || place.port > 65535) return std::nullopt;
    rest = rest.substr(0, colon);
  }
  place.host = bracket != 0 ? rest.substr(1, bracket - 1) : rest;
  return place.host.empty() ? std::nullopt : std::optional(std::move(place));
}

RedisBackend::RedisBackend(RedisPlace place, std::string password, std::uint64_t ttl_secs, const Limits& limits)
    : place_(std::move(place)), password_(std::move(password)), ttl_secs_(ttl_secs), limits_(limits) {}

Reply RedisBackend::lost(const std::string& what) {
  was_closed_ = connection_ && (connection_->err == REDIS_ERR_EOF || (connection_->err == REDIS_ERR_IO && errno != EAGAIN));
  connection_.reset();
  return {Outcome::failed, {}, "redis: " + what};
}

Reply RedisBackend::connect() {
  const timeval silence = to_timeval(limits_.silence);
  connection_.reset(place_.socket.empty() ? ::redisConnectWithTimeout(place_.host.c_str(), place_.port, silence)
                                          : ::redisConnectUnixWithTimeout(place_.socket.c_str(), silence));
  if (!connection_) return lost("no memory");
  if (connection_->err != 0) return lost(connection_->errstr);
  static const redisReplyObjectFunctions functions = without_arrays(*connection_->reader->fn);
  connection_->reader->fn = const_cast<redisReplyObjectFunctions*>(&functions);
  (void)::redisSetTimeout(connection_.get(), silence);
  if (!password_.empty()) {
    std::vector<std::string_view> command = {"AUTH"};
    if (!place_.user.empty()) command.emplace_back(place_.user);
    command.emplace_back(password_);
    if (Reply reply = exchange(command); reply.outcome != Outcome::good) return reply;
  }
  if (place_.database != 0) return exchange({"SELECT", std::to_string(place_.database)});
  return {Outcome::good, {}, {}};
}

Reply RedisBackend::run(const std::vector<std::string_view>& command) {
  const bool was_connected = connection_ != nullptr;
  if (!was_connected) {
    if (Reply reply = connect(); reply.outcome != Outcome::good) {
      connection_.reset();
      return reply;
    }
  }
  Reply reply = exchange(command);
  // A server may close what it has not heard from for a while: that is no failure of its.
  if (was_connected && !connection_ && was_closed_) {
    if (Reply again = connect(); again.outcome != Outcome::good) {
      connection_.reset();
      return again;
    }
    reply = exchange(command);
  }
  return reply;
}

Reply RedisBackend::exchange(const std::vector<std::string_view>& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisContext* const connection = connection_.get();
  if (::redisAppendCommandArgv(connection, static_cast<int>(words.size()), words.data(), sizes.data()) != REDIS_OK)
    return lost(connection->errstr);
  const auto end = std::chrono::steady_clock::now() + limits_.request;
  for (int done = 0; done == 0;) {
    if (::redisBufferWrite(connection, &done) != REDIS_OK) return lost(connection->errstr);
    if (std::chrono::steady_clock::now() > end) return lost("the request takes too long");
  }
  // Not redisGetReply(): it reads for as long as a server sends.
  void* answer = nullptr;
  for (;;) {
    if (::redisGetReplyFromReader(connection, &answer) != REDIS_OK) return lost(connection->errstr);
    if (answer != nullptr) break;
    constexpr std::size_t kFraming = 64;
    if (connection->reader->len > limits_.max_value_bytes + kFraming) return lost("an answer is larger than a value can be");
    if (std::chrono::steady_clock::now() > end) return lost("the answer takes too long");
    if (::redisBufferRead(connection) != REDIS_OK) return lost(connection->errstr);
  }
  const Answer reply(static_cast<redisReply*>(answer), ::freeReplyObject);
  switch (reply->type) {
    case REDIS_REPLY_NIL:
      return {Outcome::absent, {}, {}};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {Outcome::good, std::string(reply->str, static_cast<std::size_t>(reply->len)), {}};
    case REDIS_REPLY_ERROR: {
      const std::string_view error(reply->str, static_cast<std::size_t>(reply->len));
      return {outcome_of_error(error), {}, "redis: " + std::string(error)};
    }
    default:
      return lost("an answer of a strange type");
  }
}

Reply RedisBackend::get(const cc::ContentDigest& name) { return run({"GET", "zccache:" + cc::hex_of(name)}); }

Reply RedisBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  const std::string key = "zccache:" + cc::hex_of(name);
  const std::string ttl = std::to_string(ttl_secs_);
  Reply reply = ttl_secs_ != 0 ? run({"SET", key, bytes, "EX", ttl}) : run({"SET", key, bytes});
  reply.bytes.clear();
  return reply;
}

}  // namespace zccache::remote
