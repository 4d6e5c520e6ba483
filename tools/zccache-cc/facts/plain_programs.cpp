#include "zccache-cc/facts/plain_programs.hpp"

#include <algorithm>
#include <array>

#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

constexpr std::array<std::string_view, 24> kPlainPrograms = {
    "gcc",     "g++",    "cc",  "c++",      "cc1",  "cc1plus",     "cc1obj",  "clang", "clang++",  "as",  "ld", "ld.bfd",
    "ld.gold", "ld.lld", "lld", "collect2", "lto1", "lto-wrapper", "objcopy", "f951",  "gfortran", "cpp", "ar", "ranlib"};

/// "x86_64-linux-gnu-gcc-12" -> "gcc"; "clang-14" -> "clang"
std::string_view plain_name(std::string_view path) noexcept {
  std::string_view name = file_name(path);
  const std::size_t end = name.find_last_not_of("0123456789.");
  if (end != std::string_view::npos && end + 1 < name.size() && name[end] == '-') name = name.substr(0, end);
  if (std::ranges::find(kPlainPrograms, name) != kPlainPrograms.end()) return name;
  return name.substr(name.rfind('-') + 1);
}

}  // namespace

bool is_plain_program(std::string_view path) noexcept { return std::ranges::find(kPlainPrograms, plain_name(path)) != kPlainPrograms.end(); }

}  // namespace zccache::cc
