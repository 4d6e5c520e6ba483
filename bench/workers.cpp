#include "workers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

/// What a worker tells: when it worked, or why it could not. Small enough for a pipe to take whole.
struct Told {
  double begin = 0;
  double end = 0;
  std::array<char, 200> error{};
};

Told do_work(const Prepare& prepare, std::size_t worker, const std::function<void()>& wait_for_all) {
  Told told;
  const auto note = [&](const std::exception& error) { std::strncpy(told.error.data(), error.what(), told.error.size() - 1); };
  Work work;
  try {
    work = prepare(worker);
  } catch (const std::exception& error) {
    note(error);
  }
  wait_for_all();
  if (!work) return told;
  try {
    told.begin = now_nanoseconds();
    work();
    told.end = now_nanoseconds();
  } catch (const std::exception& error) {
    note(error);
  }
  return told;
}

double duration(const std::vector<Told>& all) {
  for (const Told& told : all) {
    if (told.error.front() != '\0') throw std::runtime_error(told.error.data());
  }
  return std::ranges::max(all, {}, &Told::end).end - std::ranges::min(all, {}, &Told::begin).begin;
}

}  // namespace

double timed_threads(std::size_t count, const Prepare& prepare) {
  std::vector<Told> told(count);
  std::latch ready(static_cast<std::ptrdiff_t>(count));
  {
    std::vector<std::jthread> threads;
    for (std::size_t worker = 0; worker < count; ++worker) {
      threads.emplace_back([&, worker] { told[worker] = do_work(prepare, worker, [&] { ready.arrive_and_wait(); }); });
    }
  }
  return duration(told);
}

// Children say that they are ready with a byte each, and begin when nobody has the other end of `begin` any more.
double timed_processes(std::size_t count, const Prepare& prepare) {
  Pipe ready;
  Pipe begin;
  Pipe results;
  std::vector<Child> children;
  for (std::size_t worker = 0; worker < count; ++worker) {
    children.emplace_back([&] {
      begin.writing.reset();
      const Told told = do_work(prepare, worker, [&] {
        char byte = 0;
        static_cast<void>(write(ready.writing.get(), "r", 1) == 1 && read(begin.reading.get(), &byte, 1));
      });
      static_cast<void>(write(results.writing.get(), &told, sizeof told) == sizeof told);
    });
  }
  ready.writing.reset();
  results.writing.reset();
  for (std::size_t worker = 0; worker < count; ++worker) {
    char byte = 0;
    if (read(ready.reading.get(), &byte, 1) != 1) throw std::runtime_error("a worker died");
  }
  begin.writing.reset();
  std::vector<Told> told(count);
  for (Told& one : told) {
    if (read(results.reading.get(), &one, sizeof one) != sizeof one) throw std::runtime_error("a worker died");
  }
  for (Child& child : children) child.wait();
  return duration(told);
}

std::vector<double> in_process(const std::function<std::vector<double>()>& work) {
  std::vector<double> values;
  Pipe result;
  const auto tell = [&](const void* bytes, std::size_t count) {
    return write(result.writing.get(), bytes, count) == static_cast<ssize_t>(count);
  };
  Told told;
  Child child([&] {
    try {
      values = work();
    } catch (const std::exception& error) {
      std::strncpy(told.error.data(), error.what(), told.error.size() - 1);
    }
    static_cast<void>(tell(&told, sizeof told) && tell(values.data(), values.size() * sizeof(double)));
  });
  result.writing.reset();
  if (read(result.reading.get(), &told, sizeof told) != sizeof told) throw std::runtime_error("a worker died");
  if (told.error.front() != '\0') throw std::runtime_error(told.error.data());
  for (double value = 0; read(result.reading.get(), &value, sizeof value) == sizeof value;) values.push_back(value);
  return values;
}

}  // namespace zccache::bench
