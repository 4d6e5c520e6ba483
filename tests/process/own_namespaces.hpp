// Mounts and process numbers that nobody else sees, for tests that need a disk of a certain kind or a container.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "support.hpp"

namespace zccache::test {

/// Gives the calling process namespaces of its own: as root, or as the root of a user namespace of its own.
inline bool own_namespaces(int flags) {
  const auto uid = std::to_string(::getuid());
  const auto gid = std::to_string(::getgid());
  if (::unshare(flags) == 0) return true;
  if (::unshare(CLONE_NEWUSER | flags) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + uid + " 1");
  write_file("/proc/self/gid_map", "0 " + gid + " 1");
  return true;
}

/// Lets the calling process have file systems of its own.
inline bool own_mounts() { return own_namespaces(CLONE_NEWNS) && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

/// The next child of the calling process is number 1 of a PID namespace.
inline bool own_pids() { return own_namespaces(CLONE_NEWPID); }

}  // namespace zccache::test
