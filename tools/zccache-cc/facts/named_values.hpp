// What counts, for one compile, of the headers that it read and that do nothing but define macros.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/fact.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/manifest.hpp"

namespace zccache::cc {

/// For each such header among `facts`, which macros the compile can name that read these files and got these arguments. Empty where there is no
/// such header, or where a file has changed since or is no text. Reads files whose words the index does not know, and notes them there. The
/// paths are as facts spell them, their names are for the caller to fill in.
struct NamedValues {
  std::string_view path;  ///< of the fact
  ManifestEntry::StoredDefinitions stored;
};
[[nodiscard]] std::vector<NamedValues> named_values(Knowledge& knowledge, std::span<const Fact> facts,
                                                    std::span<const std::string_view> arguments, std::int64_t start_ns);

/// The digest that counts for the header at `path`, which has the form `code`, for a compile that can name the macros in `named`. All zero:
/// the file is another one by now.
[[nodiscard]] ContentDigest counted_content(const char* path, const ContentDigest& code, std::span<const std::uint32_t> named);

}  // namespace zccache::cc
