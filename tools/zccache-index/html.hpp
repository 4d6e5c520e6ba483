// The parts of a page that needs nothing but itself: no script, no image, no other file. It follows the reader's choice of light or dark.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::index_tool::html {

/// A number that is seen first.
struct Tile {
  std::string label;
  std::string value;
  std::string note;
  double filled = -1;  ///< between 0 and 1: drawn below; negative: nothing is
};

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

struct Bar {
  std::string name;
  double value = 0;
  std::string label;
};

/// Of hits and misses, one above the other.
struct Column {
  std::string when;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

/// Any text may go in: what means something to HTML is escaped.
[[nodiscard]] std::string escaped(std::string_view text);
[[nodiscard]] std::string render(const std::vector<Tile>& tiles);
[[nodiscard]] std::string render(const Table& table);
[[nodiscard]] std::string render(const std::vector<Bar>& bars);
[[nodiscard]] std::string render(const std::vector<Column>& columns);

class Page {
 public:
  Page(const std::string& title, const std::string& subtitle);
  void add(const std::string& content) { text_ += content; }
  void add(std::string_view heading, const std::string& content);
  /// One that is unfolded by whoever wants it.
  void add_folded(std::string_view heading, const std::string& content);
  [[nodiscard]] std::string text() const;

 private:
  std::string text_;
};

}  // namespace zccache::index_tool::html
