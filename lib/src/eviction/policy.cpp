// Limits as a person writes them.
#include <zccache/eviction.hpp>

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/file.hpp"

namespace zccache {
namespace {

/// A number and what follows it.
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

template <std::size_t kCount>
std::optional<std::uint64_t> scaled(std::uint64_t number, std::string_view unit, const std::array<Unit, kCount>& units) {
  const auto* found = std::ranges::find(units, unit, &Unit::name);
  if (found == units.end() || number > std::numeric_limits<std::int64_t>::max() / found->factor) return std::nullopt;
  return number * found->factor;
}

constexpr std::array kSizeUnits = {
    Unit{"", 1},
    Unit{"K", 1'000},
    Unit{"M", 1'000'000},
    Unit{"G", 1'000'000'000},
    Unit{"T", 1'000'000'000'000},
    Unit{"Ki", std::uint64_t{1} << 10},
    Unit{"Mi", std::uint64_t{1} << 20},
    Unit{"Gi", std::uint64_t{1} << 30},
    Unit{"Ti", std::uint64_t{1} << 40},
};
constexpr std::array kTimeUnits = {Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86'400}, Unit{"w", 604'800}};

template <class T>
void take(const char* variable, std::optional<T> (*parse)(std::string_view), T* setting, std::vector<std::string>* complaints) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return;
  if (const auto parsed = parse(text)) {
    *setting = *parsed;
  } else if (complaints != nullptr) {
    complaints->push_back(std::string(variable) + "=" + text + " is not understood, and ignored");
  }
}

}  // namespace

std::optional<SizeLimit> SizeLimit::parse(std::string_view text) {
  const auto parts = split_number(text);
  if (!parts) return std::nullopt;
  auto [number, unit] = *parts;
  if (unit == "%") return number >= 1 && number <= 100 ? std::optional(SizeLimit{.percent = static_cast<unsigned>(number)}) : std::nullopt;
  if (unit.ends_with('B')) unit.remove_suffix(1);
  const auto bytes = scaled(number, unit, kSizeUnits);
  return bytes ? std::optional(SizeLimit{.bytes = *bytes}) : std::nullopt;
}

result<std::uint64_t> SizeLimit::on_disk_of(const std::filesystem::path& directory) const {
  if (percent == 0) return bytes;
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0) return system_failure(directory.string());
  return static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize / 100 * percent;
}

std::optional<WaterMark> WaterMark::parse(std::string_view text) {
  const auto start = split_number(text);
  if (!start || !start->second.starts_with(':')) return std::nullopt;
  const auto stop = split_number(start->second.substr(1));
  if (!stop || !stop->second.empty() || stop->first > start->first || start->first > 100) return std::nullopt;
  return WaterMark{.start = static_cast<unsigned>(start->first), .stop = static_cast<unsigned>(stop->first)};
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  const auto parts = split_number(text);
  const auto secs = parts ? scaled(parts->first, parts->second, kTimeUnits) : std::nullopt;
  return secs ? std::optional(std::chrono::seconds(*secs)) : std::nullopt;
}

EvictionPolicy EvictionPolicy::from_environment(std::vector<std::string>* complaints) {
  EvictionPolicy policy;
  take("ZCCACHE_MAX_SIZE", &SizeLimit::parse, &policy.max_size, complaints);
  take("ZCCACHE_MAX_AGE", &parse_duration, &policy.max_age, complaints);
  take("ZCCACHE_HARD_MARK", &WaterMark::parse, &policy.hard, complaints);
  take("ZCCACHE_SOFT_MARK", &WaterMark::parse, &policy.soft, complaints);
  take("ZCCACHE_SOFT_IDLE", &parse_duration, &policy.soft_idle, complaints);
  return policy;
}

}  // namespace zccache
