#include "zccache-cc/facts/archive_times.hpp"

#include <ar.h>

#include <charconv>
#include <cstdint>

namespace zccache::cc {
namespace {

constexpr std::string_view kArchive(ARMAG, SARMAG);
constexpr std::string_view kThinArchive = "!<thin>\n";

/// Of a header: numbers and names, filled with blanks.
template <std::size_t N>
std::string_view text(const char (&field)[N]) noexcept {
  const std::string_view whole(field, N);
  return whole.substr(0, whole.find_last_not_of(' ') + 1);
}

/// The tables of symbols and of long names. A thin archive holds nothing else.
bool is_table(std::string_view name) noexcept { return name == "/" || name == "//" || name == "/SYM64/"; }

}  // namespace

bool is_archive_with_times(std::string_view bytes) noexcept {
  const bool is_thin = bytes.starts_with(kThinArchive);
  if (!is_thin && !bytes.starts_with(kArchive)) return false;
  bytes.remove_prefix(SARMAG);
  while (bytes.size() >= sizeof(ar_hdr)) {
    const auto& header = *reinterpret_cast<const ar_hdr*>(bytes.data());  // characters only
    const std::string_view date = text(header.ar_date);
    if (!date.empty() && date != "0") return true;
    bytes.remove_prefix(sizeof(ar_hdr));
    if (is_thin && !is_table(text(header.ar_name))) continue;
    std::uint64_t size = 0;
    const std::string_view digits = text(header.ar_size);
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    size += size % 2;
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
  }
  return false;
}

}  // namespace zccache::cc
