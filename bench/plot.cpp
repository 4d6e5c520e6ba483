#include "plot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <stdexcept>
#include <vector>

#include "command.hpp"
#include "engine.hpp"
#include "measure.hpp"
#include "scratch.hpp"

namespace zccache::bench {
namespace {

/// "lookup-hit-any-key.svg"
std::string file_name(const std::string& benchmark, const std::string& what) {
  std::string name = benchmark + "-";
  for (const char c : what) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += c;
    else if (name.back() != '-')
      name += '-';
  }
  return name + ".svg";
}

std::string beginning(const std::filesystem::path& file, const std::string& title, const std::string& unit) {
  return fmt::format(
      "set terminal svg size 900,500 noenhanced background 'white'\nset output \"{}\"\nset title \"{}\"\nset ylabel \"{}\"\n"
      "set logscale y\nset grid y\n",
      file.string(), title, unit);
}

std::string point(const Row& row) {
  const Spread spread = spread_of(row.samples);
  return fmt::format("{} {} {}", spread.median, spread.min, spread.max);
}

/// A bar for each engine and floor, in the order of the tables; ours in a colour of its own.
std::string bars(const std::vector<Row>& rows) {
  std::string data;
  for (const Row& row : rows) {
    const int colour = row.name == kOurs ? 1 : row.name.starts_with(kFloor) ? 3 : 2;
    data += fmt::format("\"{}\" {} {}\n", row.name, point(row), colour);
  }
  return "$data << EOD\n" + data +
         "EOD\nset style fill solid 0.6\nset boxwidth 0.7\nunset key\nset xtics rotate by -20\n"
         "plot $data using 0:2:5:xtic(1) with boxes lc variable, '' using 0:2:3:4 with yerrorbars lc 'black'\n";
}

std::vector<std::string> names_in(const std::vector<Row>& rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) {
    if (std::ranges::find(names, row.name) == names.end()) names.push_back(row.name);
  }
  return names;
}

/// A line for each engine and floor, over the number of entries.
std::string lines(const std::vector<Row>& rows) {
  std::string data;
  std::string plots;
  for (const std::string& name : names_in(rows)) {
    const std::string block = fmt::format("$d{}", plots.size());
    data += block + " << EOD\n";
    for (const Row& row : rows) {
      if (row.name == name) data += fmt::format("{} {}\n", row.entries, point(row));
    }
    data += "EOD\n";
    plots += fmt::format("{}{} using 1:2:3:4 with yerrorlines title \"{}\"", plots.empty() ? "plot " : ", ", block, name);
  }
  return data + "set logscale x\nset xlabel \"entries\"\nset key outside\n" + plots + "\n";
}

}  // namespace

void prepare_plots(const std::filesystem::path& directory) {
  if (!find_program("gnuplot")) throw std::runtime_error("gnuplot is not in $PATH; install the package gnuplot-nox");
  std::filesystem::create_directories(directory);
}

void plot(const std::string& benchmark, const Rows& rows, const std::filesystem::path& directory) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  std::set<std::string> done;
  for (const Row& row : rows) {
    if (!done.insert(row.what).second) continue;
    std::vector<Row> same;
    std::ranges::copy_if(rows, std::back_inserter(same), [&](const Row& other) { return other.what == row.what; });
    const bool one_size = std::ranges::all_of(same, [&](const Row& other) { return other.entries == row.entries; });
    const std::filesystem::path script = scratch.path() / "script";
    std::ofstream(script) << beginning(std::filesystem::absolute(directory / file_name(benchmark, row.what)), benchmark + ": " + row.what,
                                       row.unit)
                          << (one_size ? bars(same) : lines(same));
    run({{"gnuplot", script}, {}});
  }
}

}  // namespace zccache::bench
