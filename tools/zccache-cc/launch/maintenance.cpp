#include "zccache-cc/launch/maintenance.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zccache/eviction.hpp>

#include <chrono>
#include <climits>
#include <csignal>

#include "zccache-cc/platform/crash_fallback.hpp"

namespace zccache::cc {
namespace {

// Whoever waits for the end of a pipe that we inherited waits for the compile, not for us.
void let_go_of_everything() {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0);
  if (::chdir("/") != 0) return;  // only so that no file system is kept busy
}

constexpr int kLowPriority = 10;
// A collection that takes longer than this is continued by the next one.
constexpr std::chrono::minutes kLongestCollection{5};

void maintain(const std::filesystem::path& directory) {
  OpenOptions options = OpenOptions::from_environment();
  options.flusher = Flusher::caller;
  auto store = ArtifactStore::open(directory, options);
  if (!store) return;
  // Others may have seen the same need and been faster. What fails is due again.
  (void)store->flush_if_due();
  CollectionOptions collection;
  collection.policy = EvictionPolicy::from_environment();
  collection.time_limit = kLongestCollection;
  (void)collect_garbage_if_due(*store, collection);
}

}  // namespace

void maintain_detached(const std::filesystem::path& directory) {
  const std::filesystem::path absolute = std::filesystem::absolute(directory);
  if (::fork() != 0) return;
  guard_by_exit(1);
  let_go_of_everything();
  (void)::nice(kLowPriority);
  maintain(absolute);
  ::_exit(0);
}

}  // namespace zccache::cc
