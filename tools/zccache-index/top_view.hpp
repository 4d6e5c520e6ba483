// What `top` shows on a terminal, from one look at a cache directory and those before it.
#pragma once

#include <zccache/stats.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "attached.hpp"
#include "terminal.hpp"

namespace zccache::index_tool {

enum class TopOrder { count, since_start, name };

[[nodiscard]] TopOrder next(TopOrder order) noexcept;

struct TopView {
  std::string directory;
  std::uint64_t now_secs = 0;
  Stats first;  ///< when `top` began
  Stats stats;
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t max_bytes = 0;          ///< 0: no limit
  std::vector<double> hits_per_second;  ///< the newest last
  std::vector<double> misses_per_second;
  std::vector<AttachedProcess> attached;
  TopOrder order = TopOrder::count;
};

/// No line is wider, and there are no more of them, than the terminal has room for.
[[nodiscard]] std::string screen_of(const TopView& view, TerminalSize size, bool has_colours);

}  // namespace zccache::index_tool
