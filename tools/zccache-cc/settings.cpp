#include "settings.hpp"

#include <zccache/options.hpp>

#include <cstdlib>
#include <cstring>

namespace zccache::cc {
namespace {

constexpr const char* kRunningCompiler = "ZCCACHE_RUNNING_COMPILER";

const char* value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

bool is_on(const char* variable) {
  const char* value = value_of(variable);
  return value != nullptr && std::strcmp(value, "0") != 0;
}

}  // namespace

Settings Settings::from_environment() {
  const char* base = value_of("ZCCACHE_BASEDIR");
  return {.directory = default_directory(),
          .log_file = value_of("ZCCACHE_LOG"),
          .base_directory = base != nullptr && *base == '/' ? base : nullptr,
          .upstream = value_of("ZCCACHE_UPSTREAM"),
          .disabled = is_on("ZCCACHE_DISABLE"),
          .read_only = is_on("ZCCACHE_READONLY"),
          .no_direct = is_on("ZCCACHE_NODIRECT"),
          .recache = is_on("ZCCACHE_RECACHE")};
}

const char* running_compiler() noexcept { return value_of(kRunningCompiler); }

void set_running_compiler(const char* path) noexcept { ::setenv(kRunningCompiler, path, 1); }

}  // namespace zccache::cc
