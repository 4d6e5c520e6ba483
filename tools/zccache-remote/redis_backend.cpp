#include "zccache-remote/redis_backend.hpp"

#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace zccache::remote {
namespace {

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

void append(std::string& text, const std::vector<std::string_view>& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int size = ::redisFormatCommandArgv(&made, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> held(made, ::redisFreeCommand);
  text.append(made, static_cast<std::size_t>(size));
}

std::string key_of(const cc::ContentDigest& name) { return "zccache:" + cc::hex_of(name); }

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
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view scheme = std::string_view(url).substr(0, colon);
  std::string_view rest = std::string_view(url).substr(colon + 3);
  RedisPlace place;
  place.stream.port = 6379;
  place.stream.tls = scheme == "rediss";
  const bool is_unix = scheme == "redis+unix";
  if (!is_unix && !place.stream.tls && scheme != "redis") return std::nullopt;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    place.user = rest.substr(0, at);
    if (place.user.find(':') != std::string::npos) return std::nullopt;
    rest.remove_prefix(at + 1);
  }
  if (is_unix) {
    const std::size_t query = rest.find("?db=");
    if (query != std::string_view::npos && !parse_number(rest.substr(query + 4), place.database)) return std::nullopt;
    place.stream.socket = rest.substr(0, query);
    return place.stream.socket.empty() ? std::nullopt : std::optional(std::move(place));
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !parse_number(database, place.database)) return std::nullopt;
    rest = rest.substr(0, slash);
  }
  // An IPv6 address stands in brackets, and has colons of its own.
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const std::size_t port = rest.find(':', bracket); port != std::string_view::npos) {
    if (!parse_number(rest.substr(port + 1), place.stream.port) || place.stream.port > 65535) return std::nullopt;
    rest = rest.substr(0, port);
  }
  place.stream.host = bracket != 0 ? rest.substr(1, bracket - 1) : rest;
  return place.stream.host.empty() ? std::nullopt : std::optional(std::move(place));
}

RedisBackend::RedisBackend(const RedisPlace& place, std::string password, std::uint64_t ttl_secs, TlsSettings tls, const Limits& limits)
    : user_(place.user),
      password_(std::move(password)),
      database_(place.database),
      ttl_secs_(ttl_secs),
      limits_(limits),
      stream_(place.stream, std::move(tls), limits) {}

Reply RedisBackend::lost(const std::string& what) {
  stream_.close();
  return {Outcome::failed, {}, "redis: " + what};
}

Reply RedisBackend::connect() {
  if (!stream_.open()) return lost(stream_.error());
  reader_.reset(::redisReaderCreate());
  if (!reader_) return lost("no memory");
  static const redisReplyObjectFunctions functions = without_arrays(*reader_->fn);
  reader_->fn = const_cast<redisReplyObjectFunctions*>(&functions);
  std::string command;
  Reply reply{Outcome::good, {}, {}};
  if (!password_.empty()) {
    append(command, user_.empty() ? Command{"AUTH", password_} : Command{"AUTH", user_, password_});
    reply = exchange(command);
  }
  if (database_ != 0 && reply.outcome == Outcome::good) {
    command.clear();
    append(command, {"SELECT", std::to_string(database_)});
    reply = exchange(command);
  }
  if (reply.outcome != Outcome::good) stream_.close();
  return reply;
}

Reply RedisBackend::exchange(std::string_view commands) { return stream_.send(commands) ? receive() : lost(stream_.error()); }

Reply RedisBackend::receive() {
  const auto end = std::chrono::steady_clock::now() + limits_.request;
  constexpr std::size_t kPiece = 64 << 10U;
  std::array<char, kPiece> piece;
  void* answer = nullptr;
  for (;;) {
    if (::redisReaderGetReply(reader_.get(), &answer) != REDIS_OK) return lost(reader_->errstr);
    if (answer != nullptr) break;
    if (reader_->len > limits_.max_value_bytes + kPiece) return lost("an answer is larger than a value can be");
    if (std::chrono::steady_clock::now() > end) return lost("the answer takes too long");
    const std::size_t got = stream_.receive(piece);
    if (got == 0) return lost(stream_.error());
    if (::redisReaderFeed(reader_.get(), piece.data(), got) != REDIS_OK) return lost(reader_->errstr);
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(answer), ::freeReplyObject);
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

/// Once the connection is lost, the rest are failures too.
void RedisBackend::run_all(std::string_view commands, std::size_t count, const TakeReply& take) {
  const bool was_connected = stream_.is_open();
  Reply first{Outcome::good, {}, {}};
  if (!was_connected) first = connect();
  if (stream_.is_open()) first = exchange(commands);
  // A server may close what it has not heard from for a while: that is no failure of its.
  if (was_connected && !stream_.is_open() && stream_.was_closed()) {
    first = connect();
    if (stream_.is_open()) first = exchange(commands);
  }
  try {
    take(0, std::move(first));
    for (std::size_t i = 1; i < count; ++i) take(i, stream_.is_open() ? receive() : lost("the connection was lost before"));
  } catch (...) {
    stream_.close();  // an answer that was not taken would be the next question's
    throw;
  }
}

Reply RedisBackend::run(const Command& command) {
  std::string text;
  append(text, command);
  Reply only;
  run_all(text, 1, [&only](std::size_t /*i*/, Reply reply) { only = std::move(reply); });
  return only;
}

Reply RedisBackend::get(const cc::ContentDigest& name) { return run({"GET", key_of(name)}); }

void RedisBackend::get_all(std::span<const cc::ContentDigest> names, const TakeReply& take) {
  std::string text;
  for (const cc::ContentDigest& name : names) append(text, {"GET", key_of(name)});
  if (!names.empty()) run_all(text, names.size(), take);
}

Reply RedisBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  const std::string key = key_of(name);
  const std::string ttl = std::to_string(ttl_secs_);
  Reply reply = ttl_secs_ != 0 ? run({"SET", key, bytes, "EX", ttl}) : run({"SET", key, bytes});
  reply.bytes.clear();
  return reply;
}

}  // namespace zccache::remote
