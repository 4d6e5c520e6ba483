#include "html.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "common/human.hpp"

namespace zccache::index_tool::html {
namespace {

// The colours of hits and misses are told apart by those who see no red or no green, too.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1f2328;--soft:#59636e;--page:#fff;--card:#f6f8fa;--line:#d8dee4;--hit:#1f75cb;--miss:#d98014}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9198a1;--page:#0d1117;--card:#161b22;--line:#30363d;--hit:#58a6ff;--miss:#e3a04a}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem;color:var(--text);background:var(--page)}
h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .6rem}
h1,h2,p,td,span{overflow-wrap:anywhere}
header p,.none,.note,th,.axis{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.2rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem}
.tile b{display:block;font-size:1.6rem;line-height:1.3;font-variant-numeric:tabular-nums}
.note{font-size:.85rem}
.meter{height:.4rem;border-radius:.2rem;background:var(--line);overflow:hidden;margin-top:.4rem}.meter i{display:block;height:100%;background:var(--hit)}
.columns{display:flex;align-items:flex-end;gap:2px;height:10rem;border-bottom:1px solid var(--line)}
.columns div{flex:1;min-width:1px;height:100%;display:flex;flex-direction:column;justify-content:flex-end}
.columns i{display:block}.h{background:var(--hit)}.m{background:var(--miss)}
.axis{display:flex;justify-content:space-between;font-size:.85rem}
.key{font-size:.85rem;margin:0 0 .4rem}.key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}.key i:first-child{margin-left:0}
.bar{display:grid;grid-template-columns:minmax(7rem,14rem) 1fr minmax(6rem,12rem);gap:.8rem;align-items:center}
.bar i{display:block;height:.8rem;min-width:1px;border-radius:.15rem;background:var(--hit)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid var(--line)}
th{font-weight:500}td:first-child{white-space:nowrap}
summary{cursor:pointer;margin-top:1.2rem;font-weight:600}
@media (max-width:40rem){.bar{grid-template-columns:1fr auto}.bar i{grid-column:1/-1;grid-row:2}.wide{display:none}th,td{padding-right:.7rem}}
)";

constexpr std::string_view kNothing = "<p class=\"none\">Nothing yet.</p>\n";

/// What a narrow screen has no room for: a table's columns after the third.
constexpr std::size_t kNarrowCells = 3;

std::string cells(const std::vector<std::string>& row, std::string_view tag) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < row.size(); ++i)
    text += fmt::format("<{0}{1}>{2}</{0}>", tag, i < kNarrowCells ? "" : " class=\"wide\"", escaped(row[i]));
  return text + "</tr>\n";
}

std::string render(const Tile& tile) {
  std::string text = fmt::format("<div class=\"tile\">{}<b>{}</b><span class=\"note\">{}</span>", escaped(tile.label), escaped(tile.value),
                                 escaped(tile.note));
  if (tile.filled >= 0) text += fmt::format("<div class=\"meter\"><i style=\"width:{:.1f}%\"></i></div>", 100 * std::min(tile.filled, 1.0));
  return text + "</div>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : tools::printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string render(const std::vector<Tile>& tiles) {
  std::string text = "<div class=\"tiles\">\n";
  for (const Tile& tile : tiles) text += render(tile);
  return text + "</div>\n";
}

std::string render(const Table& table) {
  if (table.rows.empty()) return std::string(kNothing);
  std::string text = "<div class=\"scroll\"><table>\n" + cells(table.head, "th");
  for (const auto& row : table.rows) text += cells(row, "td");
  return text + "</table></div>\n";
}

std::string render(const std::vector<Bar>& bars) {
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  if (most <= 0) return std::string(kNothing);
  std::string text;
  for (const Bar& bar : bars) {
    text += fmt::format("<div class=\"bar\"><span>{}</span><i style=\"width:{:.1f}%\"></i><span>{}</span></div>\n", escaped(bar.name),
                        100 * bar.value / most, escaped(bar.label));
  }
  return text;
}

std::string render(const std::vector<Column>& columns) {
  std::uint64_t most = 0;
  for (const Column& column : columns) most = std::max(most, column.hits + column.misses);
  if (most == 0) return std::string(kNothing);
  const auto height = [most](std::uint64_t count) { return 100 * static_cast<double>(count) / static_cast<double>(most); };
  std::string text = fmt::format(
      "<p class=\"key\"><i class=\"h\"></i>hits<i class=\"m\"></i>misses</p>\n<div class=\"axis\"><span>{}</span></div><div "
      "class=\"columns\">\n",
      most);
  for (const Column& column : columns) {
    text += fmt::format(
        "<div title=\"{}: {} hits, {} misses\"><i class=\"m\" style=\"height:{:.2f}%\"></i><i class=\"h\" "
        "style=\"height:{:.2f}%\"></i></div>\n",
        escaped(column.when), column.hits, column.misses, height(column.misses), height(column.hits));
  }
  return text + fmt::format("</div>\n<div class=\"axis\"><span>{}</span><span>{}</span></div>\n", escaped(columns.front().when),
                            columns.size() > 1 ? escaped(columns.back().when) : "");
}

Page::Page(const std::string& title, const std::string& subtitle)
    : text_(fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{1}</style></head>\n"
                        "<body><header><h1>{0}</h1><p>{2}</p></header>\n",
                        escaped(title), kStyle, escaped(subtitle))) {}

void Page::add(std::string_view heading, const std::string& content) {
  text_ += fmt::format("<section><h2>{}</h2>\n{}</section>\n", escaped(heading), content);
}

void Page::add_folded(std::string_view heading, const std::string& content) {
  text_ += fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(heading), content);
}

std::string Page::text() const { return text_ + "</body></html>\n"; }

}  // namespace zccache::index_tool::html
