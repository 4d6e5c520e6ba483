#include "common/suggestion.hpp"

#include <algorithm>
#include <cstddef>

namespace zccache::tools {
namespace {

/// Of letters to add, to remove, to replace, or to exchange with their neighbour (Damerau, restricted form).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> least(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        least[i][j] = i + j;
        continue;
      }
      least[i][j] = std::min({least[i - 1][j] + 1, least[i][j - 1] + 1, least[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) least[i][j] = std::min(least[i][j], least[i - 2][j - 2] + 1);
    }
  }
  return least[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kMostLetters = 64;  // the time grows with the square
  if (word.empty() || word.size() > kMostLetters) return {};
  // Of a short word two letters are most of it: another word.
  const std::size_t most = word.size() < 4 ? 1 : 2;
  std::string nearest;
  std::size_t least = most + 1;
  for (const std::string& one : candidates) {
    const std::size_t found = distance(word, one);
    if (found >= least) continue;
    least = found;
    nearest = one;
  }
  if (!nearest.empty()) return nearest;
  const auto begins_so = [&](const std::string& one) { return word.size() > 1 && one.starts_with(word); };
  return std::ranges::count_if(candidates, begins_so) == 1 ? *std::ranges::find_if(candidates, begins_so) : std::string();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace zccache::tools
