// Records what a process does to a directory tree, and makes from that every state in which a power loss may leave the disk.
//
// The record is made by looking, not by decoding: after each system call the tree is compared with what it was before. Stores into mapped files
// show up at the next system call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace zccache::test {

using FileId = std::uint64_t;
inline constexpr FileId kFolder = 0;

/// A directory tree: names relative to its root, what they lead to, and the bytes of each file. Two names of one file have one id.
struct Tree {
  std::map<std::string, FileId> names;
  std::map<FileId, std::shared_ptr<const std::string>> bytes;

  /// Makes it on disk, as a directory that does not exist yet.
  void write_to(const std::filesystem::path& root) const;
};

/// A system call that changed something or made something durable.
struct DiskStep {
  Tree after;
  std::optional<FileId> synced_file;
  std::optional<std::string> synced_folder;
};

struct DiskRecord {
  Tree before;
  std::vector<DiskStep> steps;
};

/// Runs `body` in a traced child, and records what happens under `root` between begin_watching() and end_watching().
[[nodiscard]] DiskRecord record(const std::filesystem::path& root, const std::function<int()>& body);

/// The states that POSIX allows at a power loss. Of what is done to names in a folder since its last fsync, any part may have reached the disk,
/// in any order of different names; a rename is whole or not at all. Of a file's bytes since its last fsync, each page is any that it was, and
/// the file may end anywhere where it ever ended; its last write may be torn at any byte.
class PowerLoss {
 public:
  /// `unsynced`: files whose bytes were never made durable before the record begins: each page of them may be zeros.
  PowerLoss(const DiskRecord& record, std::set<std::string> unsynced, std::uint64_t seed);

  /// Calls `visit` for every different state: all subsets of names, and for each the oldest bytes, the newest, and `torn` mixtures.
  /// `steps_done` counts what had been done when the power went.
  void for_each_state(std::size_t torn, const std::function<void(const Tree& state, std::size_t steps_done)>& visit);

 private:
  struct Edit {
    std::set<std::string> folders;
    std::map<std::string, std::optional<FileId>> names;  // absent: the name went
  };
  using Versions = std::vector<std::shared_ptr<const std::string>>;

  void apply(const DiskStep& step);
  [[nodiscard]] Tree state(std::uint64_t chosen_edits, const std::function<std::shared_ptr<const std::string>(const Versions&)>& choose) const;
  [[nodiscard]] std::shared_ptr<const std::string> torn(const Versions& versions);

  const DiskRecord& record_;
  std::mt19937_64 random_;
  Tree now_;
  std::map<std::string, FileId> durable_names_;
  std::vector<Edit> edits_;              // since then, in their order
  std::map<FileId, Versions> versions_;  // of the bytes: the durable ones first
};

}  // namespace zccache::test
