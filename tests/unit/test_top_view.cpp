// The screen of `top`: it fits the terminal, and says what is so.
#include "top_view.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "zccache-cc/platform/counters.hpp"

using namespace zccache;
using namespace zccache::index_tool;

namespace {

TopView example() {
  TopView view;
  view.directory = "/home/me/.cache/zccache-artifact";
  view.stats.hits = 90;
  view.stats.misses = 10;
  view.stats.host[static_cast<std::size_t>(cc::Counter::not_a_compile)] = 7;
  view.stats.host[static_cast<std::size_t>(cc::Counter::clock)] = 9;
  view.first.host[static_cast<std::size_t>(cc::Counter::clock)] = 9;
  view.bytes_on_disk = 3 << 20;
  view.max_bytes = 4 << 20;
  view.hits_per_second = std::vector<double>(500, 3.0);
  view.misses_per_second = {0, 1, 8};
  view.attached = {{.pid = 1234567, .name = "zccache-cc"}, {.pid = 42, .name = "something with a long name"}};
  return view;
}

std::vector<std::string> lines_of(const std::string& screen) {
  std::vector<std::string> lines;
  std::istringstream in(screen);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool has(const std::string& screen, const std::string& text) { return screen.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("no line of top is wider than the terminal, and no screen higher") {
  for (const std::size_t columns : {1, 5, 20, 40, 79, 80, 200}) {
    for (const std::size_t rows : {2, 5, 24, 100}) {
      const auto lines = lines_of(screen_of(example(), {.columns = columns, .rows = rows}, false));
      CHECK(lines.size() < rows);
      for (const std::string& line : lines) CHECK(columns_of(line) <= columns);
    }
  }
}

TEST_CASE("top says how full the cache is, and how it goes") {
  const std::string screen = screen_of(example(), {.columns = 80, .rows = 24}, false);
  CHECK(has(screen, "3.0 MiB of 4.0 MiB, 75.0 %"));
  CHECK(has(screen, "90.0 % of 100"));
  CHECK(has(screen, "▁█\n"));  // misses
  CHECK(has(screen, "1234567 zccache-cc"));
}

TEST_CASE("without a limit top draws no meter") {
  TopView view = example();
  view.max_bytes = 0;
  CHECK(has(screen_of(view, {}, false), "3.0 MiB, no limit\n"));
}

TEST_CASE("reasons come in the order that is chosen") {
  TopView view = example();
  const auto comes_first = [&] {
    const std::string screen = screen_of(view, {}, false);
    return screen.find("depends on the clock") < screen.find("link:") ? "clock" : "link";
  };
  CHECK(comes_first() == std::string("clock"));
  view.order = next(view.order);
  CHECK(comes_first() == std::string("link"));  // since the start
  view.order = next(view.order);
  CHECK(comes_first() == std::string("clock"));  // by name
  CHECK(next(view.order) == TopOrder::count);
}

TEST_CASE("a colour costs no column and is left out where it is not wanted") {
  const std::string plain = screen_of(example(), {.columns = 40, .rows = 24}, false);
  std::string coloured = screen_of(example(), {.columns = 40, .rows = 24}, true);
  CHECK_FALSE(has(plain, "\033"));
  CHECK(has(coloured, "\033["));
  for (std::size_t at; (at = coloured.find('\033')) != std::string::npos;) coloured.erase(at, coloured.find('m', at) + 1 - at);
  CHECK(coloured == plain);
}

TEST_CASE("what a cache directory is called cannot steer the terminal") {
  TopView view = example();
  view.directory = "/tmp/\033[2J";
  CHECK_FALSE(has(screen_of(view, {}, false), "\033"));
}
