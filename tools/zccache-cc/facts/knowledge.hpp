// What the index knows of files, shared by all compiles: their names, and the digest of each content that was ever read.
//
//     path:<hash>     a path as a compiler spells it: manifests name it by eight bytes
//     digest:<stamp>  the digest of the file that had this stamp: each file is read once in its life. And which times of other files it knows
//     words:<stamp>   the words of a text, see words.hpp; of a header that only defines macros, without their names
//     manifest:<key>  what is known under a first key, see manifest.hpp
//     images:<hash>   which variables a set of programs may read, see variables.hpp
//     upload:<key>    a result that is to go to the team's cache, see upload_mark.hpp
//
// None of them ever changes its meaning, so a lookup needs no check against anything else: a path that changes gets another stamp.
#pragma once

#include <zccache/artifact_store.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zccache-cc/facts/digest.hpp"
#include "zccache-cc/facts/file_stamp.hpp"
#include "zccache-cc/facts/times_search.hpp"

namespace zccache::cc {

/// Whether an entry of the index is one of these, and not the result of a compile.
[[nodiscard]] bool is_knowledge_key(std::string_view key) noexcept;

[[nodiscard]] bool is_images_key(std::string_view key) noexcept;
[[nodiscard]] bool is_manifest_key(std::string_view key) noexcept;
[[nodiscard]] std::string manifest_key(const ContentDigest& first_key);

/// What is known of the content of a file.
struct KnownContent {
  ContentDigest digest;
  KnowsTimes times = KnowsTimes::no;
  ContentDigest code{};         ///< of the form without comments; the same as `digest` where there is none
  bool is_elf = false;          ///< a program, a library or an object
  bool may_read_bytes = false;  ///< see comments.hpp
  bool only_defines = false;    ///< macros, and is no header of the system: see definitions.hpp
};

/// Looks things up in the index, and in another cache's index after it; collects what is new, to be stored with one insert. Requires that the
/// stores outlive it. What a lookup returns is valid as long as this object.
class Knowledge {
 public:
  explicit Knowledge(const ArtifactStore& store, const ArtifactStore* above = nullptr) : store_(store), above_(above) {}

  /// The path of this hash, ended by NUL; null where nobody knows it.
  [[nodiscard]] const char* path(std::uint64_t hash);
  /// Of the file of this stamp.
  [[nodiscard]] std::optional<KnownContent> content(const FileStamp& stamp);
  /// The words of the file of this stamp, sorted; nothing where nobody looked at them.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> words(const FileStamp& stamp);
  /// What is stored under such a key, or nothing.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key);
  /// What the other cache's index has under it, whatever one's own has.
  [[nodiscard]] std::optional<std::string_view> text_above(std::string_view key);

  /// The hash that stands for a path in manifests from now on; nothing where another path has it already.
  [[nodiscard]] std::optional<std::uint64_t> name(std::string_view path);
  void note_content(const FileStamp& stamp, const KnownContent& content);
  void note_words(const FileStamp& stamp, const std::vector<std::uint32_t>& words);
  void note_text(std::string key, std::string text);
  /// With the parts of its first key beside it, for explanations.
  void note_manifest(std::string key, std::string manifest, std::string parts);

  /// Stores what was noted: one change of the index. Requires the store that this was made with.
  [[nodiscard]] result<void> commit(ArtifactStore& store);
  /// What was found in the other index is news to one's own.
  void adopt_from_above();
  [[nodiscard]] bool has_news() const noexcept { return !news_.empty(); }

  /// Notes for eviction that what was looked up here was used.
  void touch_all(ArtifactStore& store) const;

 private:
  [[nodiscard]] const ArtifactView* find(std::string_view key);

  const ArtifactStore& store_;
  const ArtifactStore* above_;
  std::deque<ArtifactView> found_;  ///< kept: what is returned points into them
  std::deque<ArtifactView> found_above_;
  struct News {
    std::string text;
    std::string parts;
  };
  std::unordered_map<std::string, News> news_;
};

}  // namespace zccache::cc
