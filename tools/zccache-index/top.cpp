// top: what happens in a cache directory right now, once in so many seconds.
#include <fmt/core.h>
#include <zccache/eviction.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "attached.hpp"
#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"
#include "terminal.hpp"
#include "top_view.hpp"

namespace zccache::index_tool {
namespace {

using Clock = std::chrono::steady_clock;

/// Keeps its store open until the next one is taken, so that who watches is seen to watch.
struct Sample {
  ArtifactStore store;
  Clock::time_point at;
  Stats stats;
  std::vector<AttachedProcess> attached;
};

/// Opened anew each time: the index may have gone, come or been rebuilt.
Sample take_sample(const Context& context) {
  ArtifactStore store = open_to_look(context);
  const Stats stats = store.stats();
  auto attached = attached_to(store.directory() / "index.live");
  return {std::move(store), Clock::now(), stats, std::move(attached)};
}

/// Events per second since the sample before. A counter that was reset counts from there.
double rate(const Sample& before, const Sample& now, std::uint64_t Stats::*counter) {
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  const std::uint64_t then = before.stats.*counter;
  const std::uint64_t events = now.stats.*counter >= then ? now.stats.*counter - then : now.stats.*counter;
  return seconds > 0 ? static_cast<double>(events) / seconds : 0;
}

void show_json(const Sample& before, const Sample& now) {
  tools::Json attached = tools::Json::array();
  for (const AttachedProcess& process : now.attached) attached.push_back({{"pid", process.pid}, {"name", process.name}});
  const Stats& stats = now.stats;
  tools::print_json_element({{"entries", stats.entries},
                             {"live_bytes", stats.live_bytes},
                             {"segment_bytes", stats.segment_bytes},
                             {"generation", stats.generation},
                             {"hits", stats.hits},
                             {"misses", stats.misses},
                             {"inserts", stats.inserts},
                             {"hits_per_second", rate(before, now, &Stats::hits)},
                             {"misses_per_second", rate(before, now, &Stats::misses)},
                             {"inserts_per_second", rate(before, now, &Stats::inserts)},
                             {"last_flush_at_secs", stats.last_flush_at_secs},
                             {"unflushed_changes", stats.unflushed_changes},
                             {"attached", attached}});
  fmt::print("\n");
}

std::string hit_rate(const Sample& before, const Sample& now) {
  const double hits = rate(before, now, &Stats::hits);
  const double all = hits + rate(before, now, &Stats::misses);
  return all > 0 ? fmt::format("{:.0f}%", 100 * hits / all) : "-";
}

void show_text(const Sample& before, const Sample& now) {
  const Stats& stats = now.stats;
  const std::uint64_t secs = tools::now_secs();
  fmt::print("{}\n\n", tools::printable(now.store.directory().string()));
  fmt::print("per second  {:>10.1f} hits {:>10.1f} misses {:>10.1f} inserts   hit rate {}\n", rate(before, now, &Stats::hits),
             rate(before, now, &Stats::misses), rate(before, now, &Stats::inserts), hit_rate(before, now));
  fmt::print("index       {:>10} entries, {} of {}, generation {}\n", stats.entries, tools::human_bytes(stats.live_bytes),
             tools::human_bytes(stats.segment_bytes), stats.generation);
  const std::string age = stats.last_flush_at_secs == 0 ? "never" : tools::human_age(stats.last_flush_at_secs, secs) + " ago";
  fmt::print("snapshot    {:>10} entries, {}, written {}, changes since then: {}\n", stats.snapshot_entries,
             tools::human_bytes(stats.snapshot_bytes), age, stats.unflushed_changes);
  fmt::print("attached    {:>10}", now.attached.size());
  for (const AttachedProcess& process : now.attached) fmt::print("  {} {}", process.pid, tools::printable(process.name));
  fmt::print("\n");
}

volatile sig_atomic_t told_to_end = 0;

/// Ends the wait and the program in good order, with the terminal as it was.
void end_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { told_to_end = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void sleep_for(double seconds) {
  struct timespec left {};
  left.tv_sec = static_cast<time_t>(seconds);
  left.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  ::nanosleep(&left, nullptr);
}

/// One block, or line, for each look.
void print_looks(const Context& context, const TopOptions& options) {
  Sample before = take_sample(context);
  for (std::uint64_t shown = 0; shown < options.count; ++shown) {
    sleep_for(options.interval);
    if (told_to_end != 0) return;
    Sample now = take_sample(context);
    (context.json ? show_json : show_text)(before, now);
    std::fflush(stdout);
    before = std::move(now);
  }
}

/// A screen that is drawn anew at each look and each key.
class Watch {
 public:
  Watch(const Context& context, const TopOptions& options) : context_(context), options_(options), sample_(take_sample(context)) {
    view_.directory = sample_.store.directory();
    view_.first = sample_.stats;
    take_over_numbers();
  }

  void run() {
    for (std::uint64_t looks = 0; looks < options_.count;) {
      draw();
      const char key = terminal_.wait_for_key(std::max(0.0, seconds_to_next_look()));
      if (told_to_end != 0 || key == 'q') return;
      if (key == 's') view_.order = next(view_.order);
      if (seconds_to_next_look() > 0) continue;
      look();
      ++looks;
    }
    draw();
  }

 private:
  void draw() const { terminal_.show(screen_of(view_, terminal_.size(), terminal_.has_colours())); }

  [[nodiscard]] double seconds_to_next_look() const {
    return options_.interval - std::chrono::duration<double>(Clock::now() - sample_.at).count();
  }

  void look() {
    Sample now = take_sample(context_);
    view_.hits_per_second.push_back(rate(sample_, now, &Stats::hits));
    view_.misses_per_second.push_back(rate(sample_, now, &Stats::misses));
    sample_ = std::move(now);
    take_over_numbers();
  }

  void take_over_numbers() {
    view_.stats = sample_.stats;
    view_.now_secs = tools::now_secs();
    view_.attached = sample_.attached;
    // It walks over all files: not at each look.
    constexpr auto kSizeEvery = std::chrono::seconds(5);
    if (view_.bytes_on_disk != 0 && sample_.at - sized_at_ < kSizeEvery) return;
    sized_at_ = sample_.at;
    view_.bytes_on_disk = bytes_on_disk(sample_.store.directory());
    view_.max_bytes = EvictionPolicy::from_environment().max_size.on_disk_of(sample_.store.directory()).value();
  }

  const Context& context_;
  const TopOptions& options_;
  Sample sample_;
  Clock::time_point sized_at_;
  TopView view_;
  Terminal terminal_;  // the last: an index that cannot be opened is complained of on a terminal as it was
};

}  // namespace

int top(const Context& context, const TopOptions& options) {
  end_on_interrupt();
  if (!context.json && Terminal::is_there()) {
    Watch(context, options).run();
  } else {
    print_looks(context, options);
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
