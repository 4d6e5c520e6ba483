// Several servers: the first that has a value is read, and all that take values are written.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "remote/breaker.hpp"
#include "zccache-remote/backend.hpp"

namespace zccache::remote {

/// Each server has a breaker of its own: one that is away costs nothing, and the others are asked as before. Only when none of them answers is
/// it a failure of all.
class LevelsBackend : public Backend {
 public:
  /// `breaker_file`: the stem of the names of their breakers.
  explicit LevelsBackend(std::string breaker_file) : breaker_file_(std::move(breaker_file)) {}
  void add(std::unique_ptr<Backend> server);

  Reply get(const cc::ContentDigest& name) override;
  void get_all(std::span<const cc::ContentDigest> names, const TakeReply& take) override;
  /// Good where one of them took it.
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  struct Level {
    std::unique_ptr<Backend> server;
    Breaker breaker;
  };
  static void note(Level& level, Outcome outcome);

  const std::string breaker_file_;
  std::deque<Level> levels_;
};

/// The server that $ZCCACHE_REMOTE names, or its several. Null where it names one that cannot be.
[[nodiscard]] std::unique_ptr<Backend> make_servers(std::string_view setting, const std::string& breaker_file, const Limits& limits);

}  // namespace zccache::remote
