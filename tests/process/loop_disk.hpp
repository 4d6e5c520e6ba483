// A small disk with a file system of a given type, in a file, that one process sees.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace zccache::test {

/// What on_a_disk_of() returns where this user may not mount one, or the program that makes it is missing.
inline constexpr int kNoSuchDisk = 77;

/// Runs `work(mount point)` in a process of its own, and returns its exit code. Neither mount nor loop device outlives that process, whatever
/// ends it. The image lies in `folder`. `type` is "ext4", "xfs" or "btrfs".
[[nodiscard]] int on_a_disk_of(const std::string& type, const std::filesystem::path& folder,
                               const std::function<int(const std::filesystem::path&)>& work);

/// Takes every block that the disk has left, for a file "filler".
void exhaust(const std::filesystem::path& disk);
/// Gives so many blocks of that file back.
void give_back(const std::filesystem::path& disk, std::size_t blocks);
/// Removes that file and the "copy" that shares blocks, if there is one.
void give_back_all(const std::filesystem::path& disk);

/// Lets `copy` share the blocks of `file`, as cp does where it can: every page that is changed now needs a block of its own.
[[nodiscard]] bool share_blocks(const std::filesystem::path& file, const std::filesystem::path& copy);

}  // namespace zccache::test
