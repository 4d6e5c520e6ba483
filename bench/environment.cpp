#include "environment.hpp"

#include <fmt/core.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#include <boost/version.hpp>
#include <fstream>
#include <thread>

namespace zccache::bench {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname system{};
  return uname(&system) == 0 ? fmt::format("{} {} {}", system.sysname, system.release, system.machine) : "unknown";
}

std::string file_system_of(const std::filesystem::path& directory) {
  struct Row {
    long magic;
    const char* name;
  };
  constexpr long kXfsMagic = 0x5846'5342;  // not in linux/magic.h
  constexpr Row kRows[] = {{EXT4_SUPER_MAGIC, "ext4"},   {TMPFS_MAGIC, "tmpfs"},     {OVERLAYFS_SUPER_MAGIC, "overlay"},
                           {BTRFS_SUPER_MAGIC, "btrfs"}, {F2FS_SUPER_MAGIC, "f2fs"}, {kXfsMagic, "xfs"}};
  struct statfs status {};
  if (statfs(directory.c_str(), &status) != 0) return "unknown";
  for (const Row& row : kRows) {
    if (row.magic == status.f_type) return row.name;
  }
  return fmt::format("{:#x}", status.f_type);
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

std::string boost_version() { return fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100); }

}  // namespace

Environment environment_of(const std::filesystem::path& directory) {
  return {.cpu = cpu_model(),
          .cores = std::thread::hardware_concurrency(),
          .kernel = kernel(),
          .file_system = file_system_of(directory),
          .compiler = compiler(),
          .build_type = ZCCACHE_BUILD_TYPE,
          .boost = boost_version()};
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZCCACHE_BENCH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define ZCCACHE_BENCH_SANITIZED 1
#endif
#endif

bool is_optimised_build() noexcept {
#if defined(__OPTIMIZE__) && !defined(ZCCACHE_BENCH_SANITIZED)
  return true;
#else
  return false;
#endif
}

}  // namespace zccache::bench
