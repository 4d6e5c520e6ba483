#include "bars.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "measure.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMillion = 1'000'000;
constexpr std::size_t kAnySize = 0;
constexpr const char* kHot = "hit, one of 1000 hot keys";
constexpr const char* kUniform = "hit, any key";
constexpr const char* kAttach = "attach read-only, one lookup, close";

enum class Wanted { at_least, at_most };

struct Quantity {
  const char* what;
  const char* name;
};

struct Bar {
  const char* benchmark;
  const char* text;
  Quantity over;
  Quantity under;
  Wanted wanted;
  double limit;
  std::size_t entries;
};

constexpr Bar kBars[] = {
    {"lookup", "hot lookup, lmdb renewed : ours", {kHot, "lmdb, renewed"}, {kHot, "zccache"}, Wanted::at_least, 5, kAnySize},
    {"lookup", "hot lookup, ours : floor", {kHot, "zccache"}, {kHot, "floor: hash and one compare"}, Wanted::at_most, 2, kAnySize},
    {"lookup", "any key, lmdb renewed : ours", {kUniform, "lmdb, renewed"}, {kUniform, "zccache"}, Wanted::at_least, 3.5, kMillion},
    {"attach", "attach, lmdb : ours", {kAttach, "lmdb"}, {kAttach, "zccache"}, Wanted::at_least, 3, kAnySize},
    {"attach",
     "attach, ours : floor",
     {kAttach, "zccache"},
     {kAttach, "floor: open, mmap, touch two pages, munmap"},
     Wanted::at_most,
     2,
     kAnySize},
    {"insert",
     "one at a time, lmdb : ours",
     {"insert, one at a time", "lmdb"},
     {"insert, one at a time", "zccache"},
     Wanted::at_least,
     1,
     kAnySize},
    {"insert",
     "1000 together, lmdb : ours",
     {"insert, 1000 together", "lmdb"},
     {"insert, 1000 together", "zccache"},
     Wanted::at_least,
     3,
     kAnySize},
};

const Row* find(const Rows& rows, const Quantity& quantity, std::size_t entries) {
  const auto row = std::ranges::find_if(rows, [&](const Row& candidate) {
    return candidate.what == quantity.what && candidate.name == quantity.name && candidate.entries == entries;
  });
  return row == rows.end() ? nullptr : &*row;
}

std::vector<std::size_t> sizes_in(const Rows& rows) {
  std::vector<std::size_t> sizes;
  for (const Row& row : rows) {
    if (std::ranges::find(sizes, row.entries) == sizes.end()) sizes.push_back(row.entries);
  }
  return sizes;
}

}  // namespace

std::vector<Verdict> judge(const std::string& benchmark, const Rows& rows) {
  std::vector<Verdict> verdicts;
  for (const std::size_t entries : sizes_in(rows)) {
    for (const Bar& bar : kBars) {
      if (benchmark != bar.benchmark || (bar.entries != kAnySize && bar.entries != entries)) continue;
      const Row* over = find(rows, bar.over, entries);
      const Row* under = find(rows, bar.under, entries);
      if (over == nullptr || under == nullptr) continue;
      const double reached = ratio_of(over->samples, under->samples);
      const bool at_least = bar.wanted == Wanted::at_least;
      verdicts.push_back({bar.text, fmt::format("{} {:g}x", at_least ? "at least" : "at most", bar.limit), reached,
                          at_least ? reached >= bar.limit : reached <= bar.limit, entries});
    }
  }
  return verdicts;
}

}  // namespace zccache::bench
