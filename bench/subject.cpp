#include "subject.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

namespace zccache::bench {
namespace {

constexpr std::size_t kFillBatch = 1000;
constexpr std::size_t kChecked = 100'000;

}  // namespace

void start_afresh(Subject& subject, std::size_t expected_entries) {
  subject.service.reset();
  std::filesystem::remove_all(subject.directory);
  std::filesystem::create_directory(subject.directory);
  subject.service = subject.engine->serve(subject.directory, expected_entries);
}

void fill(const Subject& subject, const Workload& workload) {
  const auto session = subject.attach(Access::read_write);
  for (std::size_t from = 0; from < workload.size(); from += kFillBatch) {
    session->insert_together(workload.entries(from, std::min(from + kFillBatch, workload.size())));
  }
  session->flush();
  check_filled(*session, workload);
}

void check_filled(Session& session, const Workload& workload) {
  const auto reader = session.reader();
  const std::size_t step = std::max<std::size_t>(1, workload.size() / kChecked);
  std::size_t asked = 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < workload.size(); i += step, ++asked) right += reader->get(workload.key(i)) == workload.artifact(i) ? 1 : 0;
  const ProbeList absent = workload.misses(asked);
  require_right(right + reader->count_right(absent.probes()), 2 * asked);
}

void require_right(std::size_t right, std::size_t asked) {
  if (right != asked) throw std::runtime_error(fmt::format("wrong answers: only {} of {} are right", right, asked));
}

Attached::Attached(const Subject& of) : subject(&of), session(of.attach(Access::read_write)) {
  for (std::size_t style = 0; style < of.engine->reader_styles().size(); ++style) readers.push_back(session->reader(style));
}

}  // namespace zccache::bench
