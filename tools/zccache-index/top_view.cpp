#include "top_view.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "common/human.hpp"
#include "zccache-cc/platform/counters.hpp"

namespace zccache::index_tool {
namespace {

constexpr std::size_t kMeter = 30;

double share_of(std::uint64_t part, std::uint64_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// Counters only grow, unless they were set to zero.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) { return now >= before ? now - before : now; }

struct Reason {
  const char* label;
  std::uint64_t count = 0;
  std::uint64_t since_start = 0;
};

std::vector<Reason> reasons_of(const TopView& view) {
  using enum cc::CounterKind;
  std::vector<Reason> reasons;
  for (const cc::CounterRow& row : cc::counter_rows()) {
    const auto number = static_cast<std::size_t>(row.counter);
    const std::uint64_t count = view.stats.host[number];
    const bool is_reason = row.kind == passed_on || row.kind == not_stored || row.kind == error;
    if (is_reason && count != 0) reasons.push_back({row.label, count, grown(view.first.host[number], count)});
  }
  std::ranges::sort(reasons, {}, [](const Reason& one) { return std::string_view(one.label); });
  if (view.order == TopOrder::count) std::ranges::stable_sort(reasons, std::greater(), &Reason::count);
  if (view.order == TopOrder::since_start) std::ranges::stable_sort(reasons, std::greater(), &Reason::since_start);
  return reasons;
}

/// The lines of a screen, as many as it has.
class Screen {
 public:
  Screen(TerminalSize size, bool has_colours) : size_(size), has_colours_(has_colours) {}

  [[nodiscard]] Line line(std::string_view label = {}) const {
    Line line(size_.columns, has_colours_);
    if (!label.empty()) line.add(fmt::format("{:<10}", label), Style::soft);
    return line;
  }
  void add(const Line& line) {
    if (rows_ + 1 >= size_.rows) return;  // the last row stays free: a newline there would scroll
    text_ += line.text() + "\n";
    ++rows_;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  TerminalSize size_;
  bool has_colours_;
  std::size_t rows_ = 0;
  std::string text_;
};

Line size_line(const Screen& screen, const TopView& view) {
  Line line = screen.line("size");
  line.add(tools::human_bytes(view.bytes_on_disk), Style::bold);
  if (view.max_bytes == 0) return line.add(", no limit");
  const double share = share_of(view.bytes_on_disk, view.max_bytes);
  line.add(fmt::format(" of {}, {}  ", tools::human_bytes(view.max_bytes), percent(share)));
  return line.add(meter(share, std::min(kMeter, line.columns_left())), share > 1 ? Style::miss : Style::hit);
}

Line rate_line(const Screen& screen, const TopView& view) {
  const std::uint64_t asked = view.stats.hits + view.stats.misses;
  Line line = screen.line("hit rate");
  if (asked == 0) return line.add("-");
  const double share = share_of(view.stats.hits, asked);
  line.add(percent(share), Style::bold)
      .add(fmt::format(" of {}, {} saved  ", asked,
                       tools::human_duration(view.stats.host[static_cast<std::size_t>(cc::Counter::saved_millis)])));
  return line.add(meter(share, std::min(kMeter, line.columns_left())), Style::hit);
}

Line events_line(const Screen& screen, const char* label, const std::vector<double>& rates, Style style) {
  Line line = screen.line(label);
  line.add(fmt::format("{:>8.1f}/s  ", rates.empty() ? 0 : rates.back()));
  return line.add(sparkline(rates, line.columns_left()), style);
}

Line index_line(const Screen& screen, const TopView& view) {
  const Stats& stats = view.stats;
  const std::string age = stats.last_flush_at_secs == 0 ? "never" : tools::human_age(stats.last_flush_at_secs, view.now_secs) + " ago";
  return screen.line("index").add(fmt::format("{} entries, {} of {}; snapshot {}, {} changes since then", stats.entries,
                                              tools::human_bytes(stats.live_bytes), tools::human_bytes(stats.segment_bytes), age,
                                              stats.unflushed_changes));
}

Line attached_line(const Screen& screen, const TopView& view) {
  Line line = screen.line("attached");
  line.add(fmt::format("{}", view.attached.size()));
  for (const AttachedProcess& process : view.attached) line.add(fmt::format("  {} {}", process.pid, tools::printable(process.name)));
  return line;
}

void add_reasons(Screen& screen, const TopView& view) {
  const std::vector<Reason> reasons = reasons_of(view);
  if (reasons.empty()) return;
  const auto style_if = [&](TopOrder order) { return view.order == order ? Style::bold : Style::soft; };
  screen.add(screen.line());
  screen.add(screen.line()
                 .add(fmt::format("{:>8}", "all"), style_if(TopOrder::count))
                 .add(fmt::format("{:>8}", "since"), style_if(TopOrder::since_start))
                 .add("  not cached, because", style_if(TopOrder::name)));
  for (const Reason& one : reasons) screen.add(screen.line().add(fmt::format("{:>8}{:>8}  {}", one.count, one.since_start, one.label)));
}

}  // namespace

TopOrder next(TopOrder order) noexcept {
  switch (order) {
    case TopOrder::count:
      return TopOrder::since_start;
    case TopOrder::since_start:
      return TopOrder::name;
    case TopOrder::name:
      break;
  }
  return TopOrder::count;
}

std::string screen_of(const TopView& view, TerminalSize size, bool has_colours) {
  Screen screen(size, has_colours);
  screen.add(screen.line().add(tools::printable(view.directory), Style::bold).add("   q: quit  s: sort", Style::soft));
  screen.add(screen.line());
  screen.add(size_line(screen, view));
  screen.add(rate_line(screen, view));
  screen.add(events_line(screen, "hits", view.hits_per_second, Style::hit));
  screen.add(events_line(screen, "misses", view.misses_per_second, Style::miss));
  screen.add(index_line(screen, view));
  screen.add(attached_line(screen, view));
  add_reasons(screen, view);
  return screen.take();
}

}  // namespace zccache::index_tool
