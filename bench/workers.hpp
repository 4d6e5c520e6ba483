// Several at once: threads or processes that begin together.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace zccache::bench {

/// What one of them does once all are ready. What it throws comes out of the calls below.
using Work = std::function<void()>;

/// Makes ready the worker of this number and returns its work. Runs in the thread or process that does the work.
using Prepare = std::function<Work(std::size_t worker)>;

/// Nanoseconds from the first beginning to the last end.
[[nodiscard]] double timed_threads(std::size_t count, const Prepare& prepare);

/// The same with processes. The caller must have neither threads nor sessions: the children inherit them.
[[nodiscard]] double timed_processes(std::size_t count, const Prepare& prepare);

/// What `work` returns when a process of its own does it. The same holds for the caller.
[[nodiscard]] std::vector<double> in_process(const std::function<std::vector<double>()>& work);

}  // namespace zccache::bench
