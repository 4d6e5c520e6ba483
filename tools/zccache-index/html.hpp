// The parts of a page that needs nothing but itself: no script, no image, no other file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::index_tool::html {

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

struct Bar {
  std::string name;
  double value = 0;
  std::string label;
};

/// A share between 0 and 1, at a time.
struct Point {
  double at_secs = 0;
  double share = 0;
};

/// Any text may go in: what means something to HTML is escaped.
[[nodiscard]] std::string escaped(std::string_view text);
[[nodiscard]] std::string render(const Table& table);
[[nodiscard]] std::string render(const std::vector<Bar>& bars);
[[nodiscard]] std::string render(const std::vector<Point>& points, std::uint64_t now_secs);

class Page {
 public:
  explicit Page(const std::string& title);
  void add(std::string_view heading, std::string_view content);
  [[nodiscard]] std::string text() const;

 private:
  std::string text_;
};

}  // namespace zccache::index_tool::html
