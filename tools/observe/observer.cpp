#include "observe/observer.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "observe/child.hpp"
#include "observe/child_signals.hpp"
#include "observe/environment.hpp"
#include "observe/event_list.hpp"
#include "observe/filter.hpp"
#include "observe/listener.hpp"
#include "observe/recorder.hpp"
#include "observe/shared_log.hpp"
#include "observe/tracer.hpp"
#include "observe/verdict.hpp"

namespace zccache::observe {
namespace {

Failure not_started(const char* path, int error) { return {error == ENOENT ? Error::not_found : Error::io, path, error}; }

void report(Child& child, Recorder& recorder, const SharedLog& log, bool had_library, Observation& seen) {
  Notes notes = log.read();
  if (!notes.damage.empty()) recorder.refuse(std::move(notes.damage));
  if (child.how == Mode::ptrace && !recorder.has_seen_all_calls()) {
    child.how = Mode::off;
    child.why_not = "another filter takes calls first";
  }
  if (child.how == Mode::off) recorder.refuse("was not observed: " + child.why_not);
  seen.how = child.how;
  seen.variables_complete = had_library && log.header()->images.load(std::memory_order_acquire) == recorder.images();
  seen.unstorable = recorder.take_reasons();
  seen.events = merge(recorder.take_events(), std::move(notes.events));
  if (had_library) std::erase_if(seen.events, [](const Event& event) { return event.path == preload_library(); });  // ours, not the command's
  Verdict verdict = judge(seen.events);
  for (std::string& reason : verdict.reasons) seen.unstorable.push_back(std::move(reason));
  seen.outputs = std::move(verdict.outputs);
  seen.clock_zone_opened = verdict.clock_zone_opened;
  seen.variables_asked = std::move(notes.variables);
  seen.moments = std::move(notes.moments);
}

}  // namespace

const char* name(Call call) noexcept {
  switch (call) {
    case Call::open_read:
      return "open_read";
    case Call::open_write:
      return "open_write";
    case Call::execute:
      return "execute";
    case Call::status:
      return "status";
    case Call::link_status:
      return "link_status";
    case Call::access:
      return "access";
    case Call::read_link:
      return "read_link";
    case Call::list:
      return "list";
    case Call::rename:
      return "rename";
    case Call::remove:
      return "remove";
    case Call::make:
      return "make";
    case Call::change:
      return "change";
    case Call::change_directory:
      return "change_directory";
  }
  return "unknown";  // read from memory that others write
}

const char* name(Mode mode) noexcept {
  switch (mode) {
    case Mode::automatic:
      return "auto";
    case Mode::notify:
      return "notify";
    case Mode::ptrace:
      return "ptrace";
    case Mode::off:
      break;
  }
  return "off";
}

result<Observation> run(const Run& run) {
  const auto begin = std::chrono::steady_clock::now();
  Pipe output;
  Pipe diagnostics;
  if (run.capture && (!output.open() || !diagnostics.open_like(STDERR_FILENO))) return not_started(run.path, errno);
  const SharedLog log = run.mode == Mode::off ? SharedLog() : SharedLog::create();
  const Environment environment(run.envp, run.path, log);
  const std::vector<InheritedInput> inputs = run.mode == Mode::off ? std::vector<InheritedInput>() : inherited_inputs(run.inherit_stdin);
  Child child;
  if (const int error = start(run, environment, inputs, output, diagnostics, child); error != 0) return not_started(run.path, error);
  output.write_end.reset();
  diagnostics.write_end.reset();

  Streams streams{std::move(output.read_end), std::move(diagnostics.read_end), {}, {}};
  Recorder recorder(log.header(), inputs);
  if (inputs.size() > kMostInputs) recorder.refuse("was started with more open files than can be watched");
  const Ended ended = child.how == Mode::ptrace ? trace(child, streams, recorder) : listen(child, streams, recorder);
  const auto end = std::chrono::steady_clock::now();
  if (const int error = error_of_execution(child); error != 0) return not_started(run.path, error);

  Observation seen;
  report(child, recorder, log, environment.has_library(), seen);
  seen.wait_status = ended.wait_status;
  seen.usage = ended.usage;
  seen.wall_millis = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(end - begin).count());
  seen.output = std::move(streams.output_bytes);
  seen.diagnostics = std::move(streams.diagnostics_bytes);
  return seen;
}

std::string why_unavailable(Mode mode) {
  // A directory can be executed by nobody: the process is observed on its way there, and ends.
  char path[] = "/";
  char* const argv[] = {path, nullptr};
  char* const envp[] = {nullptr};
  const Run attempt{.path = path, .argv = argv, .envp = envp, .inherit_stdin = false, .mode = mode, .capture = false};
  const Environment environment(envp, path, SharedLog());
  Child child;
  if (const int error = start(attempt, environment, {}, Pipe(), Pipe(), child); error != 0) return std::strerror(error);
  auto streams = Streams();
  Recorder recorder(nullptr, {});
  (void)(child.how == Mode::ptrace ? trace(child, streams, recorder) : listen(child, streams, recorder));
  if (child.how == Mode::off) return mode == Mode::off ? std::string() : child.why_not;
  if (child.how == Mode::ptrace && !recorder.has_seen_all_calls()) return "another filter takes calls first";
  const std::vector<std::string> reasons = recorder.take_reasons();
  return reasons.empty() ? std::string() : reasons.front();
}

}  // namespace zccache::observe
