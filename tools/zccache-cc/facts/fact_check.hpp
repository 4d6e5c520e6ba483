// Whether what a manifest says still holds.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/manifest.hpp"
#include "zccache-cc/facts/stat_by_directory.hpp"

namespace zccache::cc {

/// What FactCheck::changes() says of a result that holds the directory or the name of another compile.
inline constexpr std::string_view kOtherPlace =
    "it was compiled in another directory, to an object of another name, or for another terminal, and the result shows that";

/// Asks for the status of each path at most once, whichever facts of whichever entries need it. Requires that `knowledge` outlives it.
class FactCheck {
 public:
  /// What place_digest() says of the present command.
  using Place = std::function<ContentDigest(const ManifestEntry&)>;
  FactCheck(Knowledge& knowledge, Place place) : knowledge_(knowledge), place_(std::move(place)), now_(file_clock_now()) {}

  /// One system call for a file or directory whose stamp is known; a file of another stamp is read, a directory listed. The stamps of
  /// directories that were listed, and the contents of headers that were looked into, are renewed in `entry`.
  [[nodiscard]] bool holds(ManifestEntry& entry);
  /// Whether holds() renewed something, so that the manifest is better stored again.
  [[nodiscard]] bool has_fresh_stamps() const noexcept { return fresh_stamps_; }

  /// What keeps an entry from holding, for a person: one line each. Empty where it holds.
  [[nodiscard]] std::vector<std::string> changes(ManifestEntry entry);

 private:
  struct Status {
    int error = 0;
    mode_t mode = 0;
    FileStamp stamp;
    [[nodiscard]] bool is(mode_t type) const noexcept { return error == 0 && (mode & S_IFMT) == type; }
  };
  /// A path as a question names it, and where it leads; each may not have been asked for.
  struct Asked {
    std::optional<Status> itself, target;
  };
  struct File {
    bool is_there = false;
    FileStamp stamp;
    ContentDigest content;  ///< all zero: not a file that can be read
    ContentDigest code;     ///< the same without comments, where it is named like text
  };
  /// Gets each change; false: no more is wanted.
  using Report = std::function<bool(std::string)>;

  bool check(ManifestEntry& entry, const Report& changed);
  bool check_files(ManifestEntry& entry, const Report& changed);
  bool check_facts(const ManifestEntry& entry, const Report& changed);
  bool check_absent(ManifestEntry& entry, const Report& changed);
  bool check_environment(const ManifestEntry& entry, const Report& changed);
  [[nodiscard]] bool loader_cache_says(const ManifestEntry& entry, std::uint64_t value);
  [[nodiscard]] std::vector<std::string> libraries_of(const ManifestEntry& entry);
  bool holds_now(const ManifestEntry::StoredFact& fact, const char* path);
  ContentDigest counted(ManifestEntry& entry, std::uint64_t name, const char* path, const File& file);
  const File& look_at(std::uint64_t name, const char* path, bool plain);
  const Status& itself(std::uint64_t name, const char* path);
  const Status& target(std::uint64_t name, const char* path);
  Status ask(const char* path, int flags);

  Knowledge& knowledge_;
  const Place place_;
  const std::int64_t now_;
  StatByDirectory stat_;
  std::unordered_map<std::uint64_t, Asked> asked_;  ///< by the names of paths in manifests
  std::unordered_map<std::uint64_t, File> files_;
  bool fresh_stamps_ = false;
};

/// The digest over path and content of all files of an entry.
class ContentsHasher {
 public:
  void add(std::string_view path, const ContentDigest& content) { hasher_.add(path).add(content); }
  [[nodiscard]] ContentDigest digest() { return hasher_.digest(); }

 private:
  Hasher hasher_;
};

}  // namespace zccache::cc
