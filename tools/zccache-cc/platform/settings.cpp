#include "zccache-cc/platform/settings.hpp"

#include <zccache/eviction.hpp>
#include <zccache/options.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/paths.hpp"

namespace zccache::cc {
namespace {

constexpr const char* kRunningCompiler = "ZCCACHE_RUNNING_COMPILER";

const char* value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

bool is_on(const char* variable) {
  const char* value = value_of(variable);
  return value != nullptr && parse_switch(value).value_or(false);
}

observe::Mode observe_mode(const char* text) {
  using observe::Mode;
  for (const Mode mode : {Mode::notify, Mode::ptrace, Mode::off}) {
    if (text != nullptr && std::strcmp(text, observe::name(mode)) == 0) return mode;
  }
  return Mode::automatic;
}

std::uint64_t bytes_or(const char* text, std::uint64_t otherwise) {
  const auto parsed = text != nullptr ? SizeLimit::parse(text) : std::nullopt;
  return parsed && parsed->percent == 0 ? parsed->bytes : otherwise;
}

std::vector<std::string_view> directories(const char* list) {
  std::vector<std::string_view> all;
  tools::for_each_directory(list != nullptr ? list : "", [&](std::string_view one) { all.push_back(one); });
  return all;
}

std::vector<std::string_view> absolute_directories(const char* list) {
  std::vector<std::string_view> all = directories(list);
  std::erase_if(all, [](std::string_view one) { return !one.starts_with('/'); });
  return all;
}

}  // namespace

Settings Settings::from_environment() {
  const char* programs = value_of("ZCCACHE_PROGRAMS");
  const char* remap = value_of("ZCCACHE_PATH_REMAP");
  return {.directory = default_directory(),
          .log_file = value_of("ZCCACHE_LOG"),
          .base_directories = absolute_directories(value_of("ZCCACHE_BASEDIR")),
          .maps_root = remap != nullptr && std::strcmp(remap, "auto") == 0,
          .upstreams = directories(value_of("ZCCACHE_UPSTREAM")),
          .disabled = is_on("ZCCACHE_DISABLE"),
          .read_only = is_on("ZCCACHE_READONLY"),
          .recache = is_on("ZCCACHE_RECACHE"),
          .programs = programs != nullptr ? programs : "",
          .links = is_on("ZCCACHE_LINK"),
          .largest_link = bytes_or(value_of("ZCCACHE_LINK_MAX_SIZE"), Settings{}.largest_link),
          .observe = observe_mode(value_of("ZCCACHE_OBSERVE")),
          .remote = remote::RemoteSettings::from_environment()};
}

bool Settings::is_named_program(std::string_view name) const noexcept {
  bool is_named = false;
  tools::for_each_part(programs, ',', [&](std::string_view one) { is_named |= one == name; });
  return is_named;
}

const char* running_compiler() noexcept { return value_of(kRunningCompiler); }

void set_running_compiler(const char* path) noexcept { ::setenv(kRunningCompiler, path, 1); }

}  // namespace zccache::cc
