#include "zccache-remote/levels_backend.hpp"

#include <utility>
#include <vector>

namespace zccache::remote {
namespace {

const Reply kNobody{Outcome::failed, {}, "none of the servers can be asked now"};

}  // namespace

void LevelsBackend::add(std::unique_ptr<Backend> server) {
  levels_.push_back({std::move(server), Breaker(breaker_file_ + '.' + std::to_string(levels_.size() + 1))});
}

void LevelsBackend::note(Level& level, Outcome outcome) {
  if (outcome == Outcome::good || outcome == Outcome::absent) level.breaker.succeeded();
  if (outcome == Outcome::failed) level.breaker.failed(1);
  if (outcome == Outcome::refused) level.breaker.failed(0);
}

Reply LevelsBackend::get(const cc::ContentDigest& name) {
  Reply only;
  get_all({&name, 1}, [&only](std::size_t /*i*/, Reply reply) { only = std::move(reply); });
  return only;
}

void LevelsBackend::get_all(std::span<const cc::ContentDigest> names, const TakeReply& take) {
  struct Open {
    std::size_t i;
    Reply reply;  ///< of the servers so far. That one of them lacks it is the better one
  };
  std::vector<Open> open;
  for (std::size_t i = 0; i < names.size(); ++i) open.push_back({i, kNobody});
  for (Level& level : levels_) {
    if (open.empty() || !level.breaker.may_ask()) continue;
    std::vector<cc::ContentDigest> asked;
    for (const Open& one : open) asked.push_back(names[one.i]);
    std::vector<Open> left;
    bool has_failed = false;
    level.server->get_all(asked, [&](std::size_t k, Reply reply) {
      // A connection that is lost fails all questions on it, and is one failure.
      const bool failed = reply.outcome != Outcome::good && reply.outcome != Outcome::absent;
      if (!failed || !std::exchange(has_failed, true)) note(level, reply.outcome);
      if (reply.outcome == Outcome::good) return take(open[k].i, std::move(reply));
      left.push_back({open[k].i, open[k].reply.outcome == Outcome::absent ? std::move(open[k].reply) : std::move(reply)});
    });
    open = std::move(left);
  }
  for (Open& one : open) take(one.i, std::move(one.reply));
}

Reply LevelsBackend::put(const cc::ContentDigest& name, std::string_view bytes) {
  Reply all = kNobody;
  for (Level& level : levels_) {
    if (level.breaker.is_open()) continue;
    Reply reply = level.server->put(name, bytes);
    // One that we may read and not write says so each time, and that is no reason not to read it.
    if (reply.outcome == Outcome::good || reply.outcome == Outcome::failed) note(level, reply.outcome);
    if (all.outcome != Outcome::good) all = std::move(reply);
  }
  return all;
}

std::unique_ptr<Backend> make_servers(std::string_view setting, const std::string& breaker_file, const Limits& limits) {
  const std::vector<std::string> urls = servers_of(setting);
  if (urls.size() == 1) return make_backend(urls.front(), limits);
  auto levels = std::make_unique<LevelsBackend>(breaker_file);
  for (const std::string& url : urls) {
    auto server = make_backend(url, limits);
    if (!server) return nullptr;
    levels->add(std::move(server));
  }
  return levels;
}

}  // namespace zccache::remote
