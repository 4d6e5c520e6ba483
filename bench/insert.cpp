// insert: from an empty directory to all entries, growth included.
#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "benchmark.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kBatch = 1000;

using Insert = void (Session::*)(std::span<const Entry>);

/// Microseconds per entry. Making the entries is not timed.
double insert_all(Subject& subject, const Workload& workload, Insert insert) {
  start_afresh(subject);
  const auto session = subject.attach(Access::read_write);
  double nanoseconds = 0;
  for (std::size_t from = 0; from < workload.size(); from += kBatch) {
    const std::vector<Entry> entries = workload.entries(from, std::min(from + kBatch, workload.size()));
    nanoseconds += timed([&] { ((*session).*insert)(entries); });
  }
  check_filled(*session, workload);
  return nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(workload.size());
}

}  // namespace

Rows measure_insert(const Context& context) {
  Subjects subjects = context.subjects(any);
  const auto trial_of = [&](const std::string& what, Insert insert) {
    Trial trial{{{what, "us"}}, {}};
    for (Subject& subject : subjects) {
      trial.contenders.push_back(
          {subject.engine->name(), [&subject, &context, insert] { return std::vector{insert_all(subject, context.workload(), insert)}; }});
    }
    return trial;
  };
  Rows rows = context.run(trial_of("insert, one at a time", &Session::insert_each));
  append(rows, context.run(trial_of(fmt::format("insert, {} together", kBatch), &Session::insert_together)));
  return rows;
}

}  // namespace zccache::bench
