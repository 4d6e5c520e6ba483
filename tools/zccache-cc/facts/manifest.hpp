// What is known under a first key: the results that such a compile had, each with the facts under which it is right.
//
// A manifest is an entry of the index without outputs; its standard output has the bytes below. Paths stand once in the index (knowledge.hpp)
// and are named here by eight bytes, absent names by four: a name that collides with one of those only costs a miss.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/digest.hpp"
#include "zccache-cc/facts/fact.hpp"

namespace zccache::cc {

/// The newest stay: branches that are switched between, and what lies between two of them. Where older ones go: launch/lookup.hpp.
inline constexpr std::size_t kMaxManifestEntries = 12;

struct ManifestEntry {
  struct StoredFile {
    std::uint64_t path = 0;
    std::uint16_t hint = 0;  ///< of its content: tells which file has changed; that none has is for `contents` to say
  };
  struct StoredFact {
    FactKind kind = FactKind::absent;
    std::uint8_t argument = 0;
    std::uint64_t path = 0;
    std::uint64_t value = 0;
  };
  struct StoredAbsentNames {
    std::uint64_t directory = 0;
    std::uint64_t stamp = 0;
    std::vector<std::uint32_t> names;  ///< sorted
  };

  /// Of a header that only defines macros (definitions.hpp): in `contents` and as a hint stands `counted` in place of its content.
  struct StoredDefinitions {
    std::uint64_t path = 0;
    ContentDigest seen;                ///< its content without comments, as it was when it was looked at last
    ContentDigest counted;             ///< ... and without the values of macros that this compile cannot name
    std::vector<std::uint32_t> named;  ///< hashes of those that it can, sorted
  };

  ContentDigest result;                 ///< the key of the result's entry
  std::uint32_t compile_millis = 0;     ///< how long the compiler took, which a hit saves
  std::uint64_t images = 0;             ///< which variables count: the name of the programs that ran
  ContentDigest variables;              ///< over those variables
  bool directory_counts = false;        ///< the result has the working directory in it
  bool object_name_counts = false;      ///< ... or the name of the object file
  bool terminal_counts = false;         ///< something was printed for the terminal that standard error was, or for none
  ContentDigest place;                  ///< over what of these counts
  bool comments_count = true;           ///< else contents of text are those without comments
  ContentDigest contents;               ///< over path and content of all files
  std::uint64_t identities = 0;         ///< see Identities
  std::vector<StoredFile> plain_files;  ///< FactKind::plain_content
  std::vector<StoredFile> files;        ///< FactKind::content
  std::vector<StoredFact> facts;        ///< all others
  std::vector<StoredAbsentNames> absent;
  std::vector<StoredDefinitions> definitions;  ///< only if comments do not count
};

/// The newest first. Nothing where the bytes are no manifest of this version.
[[nodiscard]] std::optional<std::vector<ManifestEntry>> decode_manifest(std::string_view bytes);
[[nodiscard]] std::string encode_manifest(const std::vector<ManifestEntry>& entries);

[[nodiscard]] inline std::uint16_t content_hint(const ContentDigest& content) noexcept { return static_cast<std::uint16_t>(content.prefix()); }

/// The four bytes that stand for an absent name.
[[nodiscard]] inline std::uint32_t short_name(std::string_view name) noexcept { return static_cast<std::uint32_t>(short_hash(name)); }

}  // namespace zccache::cc
