#include "zccache-remote/worker.hpp"

#include <exception>
#include <utility>

#include "zccache-cc/platform/counters.hpp"
#include "zccache-cc/platform/decision_log.hpp"

namespace zccache::remote {
namespace {

/// What the answer to a question stands under in an index.
std::string key_of(const Errand& errand) {
  return errand.kind == QuestionKind::manifest ? cc::manifest_key(errand.key) : cc::hex_of(errand.key);
}

}  // namespace

Worker::Worker(Desk& desk, ArtifactStore& store, std::unique_ptr<Backend> backend, const Authority& authority, std::string breaker_file)
    : desk_(desk),
      store_(store),
      backend_(std::move(backend)),
      transfer_(store, *backend_, authority),
      breaker_(std::move(breaker_file)),
      thread_([this] { work(); }) {}

void Worker::work() {
  for (auto errands = desk_.next(); !errands.empty(); errands = desk_.next()) {
    if (errands.front().kind == QuestionKind::upload) {
      for (const Errand& errand : errands) upload(errand);
    } else {
      fetch(errands);
    }
  }
}

void Worker::upload(const Errand& errand) {
  // Whoever has a question has looked at the breaker, and may be the one who finds out whether the server is back. Uploads wait for that.
  if (breaker_.is_open()) {
    desk_.dismiss_all();
    return desk_.answer(errand, Answer::no, false);
  }
  Reply reply;
  try {
    reply = transfer_.upload(errand.key);
  } catch (const std::exception& failed) {  // no memory
    reply = {Outcome::failed, {}, failed.what()};
  }
  settle(errand, reply);
}

void Worker::fetch(const std::vector<Errand>& errands) {
  std::size_t settled = 0;
  bool has_failed = false;
  try {
    std::vector<cc::ContentDigest> names;
    for (const Errand& errand : errands) names.push_back(transfer_.name_of(key_of(errand)));
    backend_->get_all(names, [&](std::size_t i, Reply got) {
      const Reply reply = take(errands[i], std::move(got));
      settled = i + 1;
      // A connection that is lost fails all questions on it, and is one failure.
      if (reply.outcome == Outcome::failed && std::exchange(has_failed, true)) return desk_.answer(errands[i], Answer::no, false);
      settle(errands[i], reply);
    });
  } catch (const std::exception& failed) {  // no memory: no answer
    if (settled < errands.size()) settle(errands[settled++], {Outcome::failed, {}, failed.what()});
  }
  for (; settled < errands.size(); ++settled) desk_.answer(errands[settled], Answer::no, false);
}

Reply Worker::take(const Errand& errand, Reply got) {
  return errand.kind == QuestionKind::manifest ? transfer_.take_manifest(errand.key, std::move(got))
                                               : transfer_.take_result(errand.key, std::move(got));
}

void Worker::settle(const Errand& errand, const Reply& reply) {
  const bool is_upload = errand.kind == QuestionKind::upload;
  if (reply.outcome == Outcome::failed) store_.count(static_cast<std::size_t>(cc::Counter::remote_failed));
  if (!reply.why.empty()) cc::log_decision(LogLevel::warning, "remote: " + reply.why);
  switch (reply.outcome) {
    case Outcome::good:
    case Outcome::absent:
      breaker_.succeeded();
      break;
    case Outcome::failed:
      breaker_.failed(1);
      break;
    case Outcome::refused:
      // Uploads that a server refuses do not keep us from asking it.
      if (!is_upload) breaker_.failed(0);
      break;
    case Outcome::full:
      break;
  }
  desk_.answer(errand, reply.outcome == Outcome::good ? Answer::yes : Answer::no, reply.outcome == Outcome::absent && !is_upload);
  // Their marks stay, for the next process. And whoever waits for an answer need not wait for as many silences as there are questions.
  if ((is_upload && reply.outcome != Outcome::good && reply.outcome != Outcome::absent) || breaker_.is_open()) desk_.dismiss_all();
}

}  // namespace zccache::remote
