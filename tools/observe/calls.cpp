#include "observe/calls.hpp"

#include <linux/audit.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

namespace zccache::observe {
namespace {

// Since Linux 6.6; the headers of Debian 12 do not have it.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

constexpr CallShape refused(int number, const char* reason) { return {.number = number, .asks = Asks::refused, .reason = reason}; }

constexpr const char* kNamespace = "changes what paths mean (mount, chroot or a namespace)";
constexpr const char* kFilter = "installs a seccomp filter";
constexpr const char* kSharedMemory = "uses System V IPC";
constexpr const char* kHandle = "opens a file by handle";
constexpr const char* kAttributes = "reads extended attributes";

constexpr CallShape kCalls[] = {
    {.number = SYS_openat, .asks = Asks::open, .directory = 0, .path = 1, .flags = 2, .mode = 3},
    {.number = SYS_openat2, .asks = Asks::open_how, .directory = 0, .path = 1, .flags = 2},
    {.number = SYS_execve, .asks = Asks::execute, .path = 0},
    {.number = SYS_execveat, .asks = Asks::execute, .directory = 0, .path = 1, .flags = 4},
    {.number = SYS_newfstatat, .asks = Asks::status, .directory = 0, .path = 1, .flags = 3},
    {.number = SYS_statx, .asks = Asks::status, .directory = 0, .path = 1, .flags = 2},
    {.number = SYS_faccessat, .asks = Asks::access, .directory = 0, .path = 1, .mode = 2},
    {.number = SYS_faccessat2, .asks = Asks::access, .directory = 0, .path = 1, .flags = 3, .mode = 2},
    {.number = SYS_readlinkat, .asks = Asks::read_link, .directory = 0, .path = 1},
    {.number = SYS_getdents64, .asks = Asks::list, .directory = 0},
    {.number = SYS_chdir, .asks = Asks::change_directory, .path = 0},
    {.number = SYS_fchdir, .asks = Asks::change_directory, .directory = 0},
    {.number = SYS_renameat, .asks = Asks::rename, .directory = 0, .path = 1, .second_directory = 2, .second_path = 3},
    {.number = SYS_renameat2, .asks = Asks::rename, .directory = 0, .path = 1, .flags = 4, .second_directory = 2, .second_path = 3},
    {.number = SYS_unlinkat, .asks = Asks::remove, .directory = 0, .path = 1, .flags = 2},
    {.number = SYS_mkdirat, .asks = Asks::make, .directory = 0, .path = 1, .mode = 2},
    {.number = SYS_mknodat, .asks = Asks::make, .directory = 0, .path = 1, .mode = 2},
    {.number = SYS_linkat, .asks = Asks::link, .directory = 2, .path = 3, .flags = 4, .second_directory = 0, .second_path = 1},
    {.number = SYS_symlinkat, .asks = Asks::symlink, .directory = 1, .path = 2, .second_path = 0},
    {.number = SYS_fchmod, .asks = Asks::change, .directory = 0, .mode = 1},
    {.number = SYS_fchmodat, .asks = Asks::change, .directory = 0, .path = 1, .mode = 2},
    {.number = SYS_fchmodat2, .asks = Asks::change, .directory = 0, .path = 1, .flags = 3, .mode = 2},
    {.number = SYS_fchown, .asks = Asks::change, .directory = 0},
    {.number = SYS_fchownat, .asks = Asks::change, .directory = 0, .path = 1, .flags = 4},
    {.number = SYS_utimensat, .asks = Asks::change, .directory = 0, .path = 1, .flags = 3},
    {.number = SYS_truncate, .asks = Asks::change, .path = 0},
    {.number = SYS_setxattr, .asks = Asks::change, .path = 0},
    {.number = SYS_lsetxattr, .asks = Asks::change, .path = 0},
    {.number = SYS_fsetxattr, .asks = Asks::change, .directory = 0},
    {.number = SYS_removexattr, .asks = Asks::change, .path = 0},
    {.number = SYS_lremovexattr, .asks = Asks::change, .path = 0},
    {.number = SYS_fremovexattr, .asks = Asks::change, .directory = 0},

    // The number of the descriptor is compared by the filter.
    {.number = SYS_read, .asks = Asks::input, .directory = 0},
    {.number = SYS_readv, .asks = Asks::input, .directory = 0},
    {.number = SYS_pread64, .asks = Asks::input, .directory = 0},
    {.number = SYS_preadv, .asks = Asks::input, .directory = 0},
    {.number = SYS_preadv2, .asks = Asks::input, .directory = 0},
    {.number = SYS_splice, .asks = Asks::input, .directory = 0},
    {.number = SYS_copy_file_range, .asks = Asks::input, .directory = 0},
    {.number = SYS_sendfile, .asks = Asks::input, .directory = 1},
    {.number = SYS_mmap, .asks = Asks::input, .directory = 4},
    {.number = SYS_dup, .asks = Asks::input, .directory = 0},
    {.number = SYS_dup3, .asks = Asks::input, .directory = 0},
    {.number = SYS_fcntl, .asks = Asks::input, .directory = 0, .flags = 1},
    {.number = SYS_recvfrom, .asks = Asks::input, .directory = 0},
    {.number = SYS_recvmsg, .asks = Asks::input, .directory = 0},

    {.number = SYS_connect, .asks = Asks::address, .path = 1, .flags = 2},
    {.number = SYS_bind, .asks = Asks::address, .path = 1, .flags = 2},
    {.number = SYS_socket, .asks = Asks::network, .flags = 0},
    {.number = SYS_sendto, .asks = Asks::message, .path = 4},
    {.number = SYS_clone, .asks = Asks::clone, .flags = 0},
    {.number = SYS_clone3, .asks = Asks::clone_how, .flags = 0},
    {.number = SYS_prctl, .asks = Asks::control, .flags = 0},

    refused(SYS_seccomp, kFilter),
    refused(SYS_mount, kNamespace),
    refused(SYS_umount2, kNamespace),
    refused(SYS_move_mount, kNamespace),
    refused(SYS_open_tree, kNamespace),
    refused(SYS_pivot_root, kNamespace),
    refused(SYS_chroot, kNamespace),
    refused(SYS_unshare, kNamespace),
    refused(SYS_setns, kNamespace),
    refused(SYS_shmget, kSharedMemory),
    refused(SYS_shmat, kSharedMemory),
    refused(SYS_semget, kSharedMemory),
    refused(SYS_msgget, kSharedMemory),
    refused(SYS_mq_open, "uses message queues"),
    refused(SYS_io_uring_setup, "uses io_uring"),
    refused(SYS_name_to_handle_at, kHandle),
    refused(SYS_open_by_handle_at, kHandle),
    refused(SYS_getxattr, kAttributes),
    refused(SYS_lgetxattr, kAttributes),
    refused(SYS_fgetxattr, kAttributes),
    refused(SYS_listxattr, kAttributes),
    refused(SYS_llistxattr, kAttributes),
    refused(SYS_flistxattr, kAttributes),
    refused(SYS_inotify_add_watch, "watches files"),
    refused(SYS_fanotify_mark, "watches files"),

#ifdef __x86_64__
    {.number = SYS_open, .asks = Asks::open, .path = 0, .flags = 1, .mode = 2},
    {.number = SYS_creat, .asks = Asks::create, .path = 0, .mode = 1},
    {.number = SYS_stat, .asks = Asks::status, .path = 0},
    {.number = SYS_lstat, .asks = Asks::link_status, .path = 0},
    {.number = SYS_access, .asks = Asks::access, .path = 0, .mode = 1},
    {.number = SYS_readlink, .asks = Asks::read_link, .path = 0},
    {.number = SYS_getdents, .asks = Asks::list, .directory = 0},
    {.number = SYS_rename, .asks = Asks::rename, .path = 0, .second_path = 1},
    {.number = SYS_unlink, .asks = Asks::remove, .path = 0},
    {.number = SYS_rmdir, .asks = Asks::remove, .path = 0},
    {.number = SYS_mkdir, .asks = Asks::make, .path = 0, .mode = 1},
    {.number = SYS_mknod, .asks = Asks::make, .path = 0, .mode = 1},
    {.number = SYS_link, .asks = Asks::link, .path = 1, .second_path = 0},
    {.number = SYS_symlink, .asks = Asks::symlink, .path = 1, .second_path = 0},
    {.number = SYS_chmod, .asks = Asks::change, .path = 0, .mode = 1},
    {.number = SYS_chown, .asks = Asks::change, .path = 0},
    {.number = SYS_lchown, .asks = Asks::change, .path = 0},
    {.number = SYS_utime, .asks = Asks::change, .path = 0},
    {.number = SYS_utimes, .asks = Asks::change, .path = 0},
    {.number = SYS_futimesat, .asks = Asks::change, .directory = 0, .path = 1},
    {.number = SYS_dup2, .asks = Asks::input, .directory = 0},
    refused(SYS_uselib, kHandle),
#endif
};

constexpr int kLargestNumber = std::ranges::max_element(kCalls, {}, &CallShape::number)->number;
static_assert(std::size(kCalls) < 255);

// From the number to the row, which is counted from 1.
constexpr auto kRows = [] {
  std::array<std::uint8_t, kLargestNumber + 1> rows{};
  std::uint8_t row = 0;
  for (const CallShape& shape : kCalls) rows[shape.number] = ++row;
  return rows;
}();

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_I386;
constexpr int kForeignNumbers[] = {5, 11, 33, 195, 295};  // open, execve, access, stat64, openat
#else
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_ARM;
constexpr int kForeignNumbers[] = {5, 11, 33, 195, 322};  // the same
#endif

}  // namespace

std::span<const CallShape> observed_calls() noexcept { return kCalls; }

bool is_about_files(const CallShape& shape) noexcept { return shape.asks <= Asks::change_directory; }

const CallShape* shape_of(int number) noexcept {
  if (number < 0 || number > kLargestNumber || kRows[number] == 0) return nullptr;
  return &kCalls[kRows[number] - 1];
}

ForeignArchitecture foreign_architecture() noexcept { return {kForeign, kForeignNumbers}; }

std::uint32_t native_architecture() noexcept { return kNative; }

}  // namespace zccache::observe
