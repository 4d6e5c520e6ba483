#include "zccache-remote/worker.hpp"

#include <exception>
#include <utility>

#include "zccache-cc/platform/counters.hpp"
#include "zccache-cc/platform/decision_log.hpp"

namespace zccache::remote {

Worker::Worker(Desk& desk, ArtifactStore& store, std::unique_ptr<Backend> backend, const Authority& authority, std::string breaker_file)
    : desk_(desk), backend_(std::move(backend)), transfer_(store, *backend_, authority), breaker_(std::move(breaker_file)), thread_([this] {
        work();
      }) {}

void Worker::work() {
  while (const auto errand = desk_.next()) {
    Reply reply;
    try {
      // Whoever has a question has looked at the breaker, and may be the one who finds out whether the server is back. Uploads wait for that.
      if (errand->kind == QuestionKind::upload && breaker_.is_open()) {
        desk_.dismiss_all();
        desk_.answer(*errand, Answer::no, false);
        continue;
      }
      reply = run(*errand);
    } catch (const std::exception& failed) {  // no memory: no answer
      reply = {Outcome::failed, {}, failed.what()};
    }
    settle(*errand, reply);
  }
}

Reply Worker::run(const Errand& errand) {
  switch (errand.kind) {
    case QuestionKind::manifest:
      return transfer_.fetch_manifest(errand.key);
    case QuestionKind::result:
      return transfer_.fetch_result(errand.key);
    case QuestionKind::upload:
      return transfer_.upload(errand.key);
  }
  return {Outcome::absent, {}, {}};
}

void Worker::settle(const Errand& errand, const Reply& reply) {
  const bool is_upload = errand.kind == QuestionKind::upload;
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
