#include "html.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "common/human.hpp"

namespace zccache::index_tool::html {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "h1{font-size:1.3em}h2{font-size:1.05em;margin-top:2em}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.15em 1.2em .15em 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}"
    ".bar{display:grid;grid-template-columns:11em 1fr 12em;gap:.8em;align-items:center}"
    ".bar i{display:block;height:.9em;background:#3b74b4}svg{width:100%;height:auto}.none{color:#777}";

constexpr std::string_view kNothing = "<p class=\"none\">Nothing yet.</p>\n";

std::string cells(const std::vector<std::string>& row, std::string_view tag) {
  std::string text = "<tr>";
  for (const std::string& cell : row) text += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
  return text + "</tr>\n";
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

std::string render(const Table& table) {
  if (table.rows.empty()) return std::string(kNothing);
  std::string text = "<table>\n" + cells(table.head, "th");
  for (const auto& row : table.rows) text += cells(row, "td");
  return text + "</table>\n";
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

std::string render(const std::vector<Point>& points, std::uint64_t now_secs) {
  if (points.empty()) return std::string(kNothing);
  constexpr double kWidth = 800;
  constexpr double kHeight = 160;
  const double first = points.front().at_secs;
  const double span = std::max(points.back().at_secs - first, 1.0);
  std::string line;
  for (const Point& point : points) {
    line += fmt::format("{:.1f},{:.1f} ", (point.at_secs - first) / span * kWidth, (1 - point.share) * kHeight);
  }
  const auto age = [&](double at_secs) { return tools::human_age(static_cast<std::uint64_t>(at_secs), now_secs); };
  return fmt::format(
      "<svg viewBox=\"-4 -8 {0:.0f} {1:.0f}\" role=\"img\"><title>Hit rate over time</title>\n"
      "<path d=\"M0 0H{2:.0f}M0 {3:.0f}H{2:.0f}M0 {4:.0f}H{2:.0f}\" stroke=\"#ddd\"/>\n"
      "<polyline points=\"{5}\" fill=\"none\" stroke=\"#3b74b4\" stroke-width=\"2\"/>\n"
      "<text x=\"0\" y=\"11\" font-size=\"11\">100%</text><text x=\"0\" y=\"{6:.0f}\" font-size=\"11\">{7} ago</text>"
      "<text x=\"{2:.0f}\" y=\"{6:.0f}\" font-size=\"11\" text-anchor=\"end\">{8} ago</text></svg>\n",
      kWidth + 8, kHeight + 32, kWidth, kHeight / 2, kHeight, line, kHeight + 16, age(first), age(points.back().at_secs));
}

Page::Page(const std::string& title)
    : text_(fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style></head>\n"
                        "<body><h1>{0}</h1>\n",
                        escaped(title), kStyle)) {}

void Page::add(std::string_view heading, std::string_view content) {
  text_ += fmt::format("<section><h2>{}</h2>\n{}</section>\n", escaped(heading), content);
}

std::string Page::text() const { return text_ + "</body></html>\n"; }

}  // namespace zccache::index_tool::html
