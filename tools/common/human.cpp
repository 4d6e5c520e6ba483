#include "common/human.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace zccache::tools {

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  std::size_t unit = 0;
  double amount = static_cast<double>(bytes) / 1024;
  // 1023.95 would be printed as 1024.
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.{}f} {}", amount, amount < 10 ? 1 : 0, kUnits[unit]);
}

std::string human_duration(std::uint64_t millis) {
  if (millis < 1000) return fmt::format("{} ms", millis);
  if (millis < 60'000) return fmt::format("{}.{} s", millis / 1000, millis % 1000 / 100);
  const std::uint64_t minutes = millis / 60'000;
  const std::uint64_t hours = minutes / 60;
  if (hours == 0) return fmt::format("{} min {} s", minutes, millis / 1000 % 60);
  if (hours < 24) return fmt::format("{} h {} min", hours, minutes % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string human_age(std::uint64_t then, std::uint64_t now) {
  struct Unit {
    std::uint64_t seconds;
    const char* name;
  };
  constexpr std::array kUnits = {Unit{86'400, "d"}, Unit{3600, "h"}, Unit{60, "min"}, Unit{1, "s"}};
  const std::uint64_t age = now > then ? now - then : 0;
  const auto* unit = std::ranges::find_if(kUnits, [&](const Unit& candidate) { return age >= candidate.seconds; });
  if (unit == kUnits.end()) unit = &kUnits.back();
  return fmt::format("{} {}", age / unit->seconds, unit->name);
}

std::uint64_t now_secs() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<seconds>(system_clock::now().time_since_epoch()).count());
}

std::string printable(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return shown;
}

}  // namespace zccache::tools
