// Which environment variables a result depends on.
//
// No system call shows that a program looks at a variable. So one counts if its name stands anywhere in a program or library that ran, as a
// part of another word too, since linkers merge the ends of strings; or if a program asked for it by getenv(3) where that could be watched.
// Which names stand in a set of programs is found once for each name and kept in the index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/facts/digest.hpp"
#include "zccache-cc/facts/knowledge.hpp"

namespace zccache::cc {

/// What ran.
struct Programs {
  struct Image {
    std::string path;
    ContentDigest content;
  };
  std::vector<Image> images;
  std::vector<std::string> asked;  ///< names that count whether or not they stand in an image; sorted
  bool everything_counts = false;  ///< a script or an interpreter: it can get at any variable
};

/// Harmless to compilers whose messages go to a pipe, unless their value appears in a path: TERM, HOME, MAKEFLAGS and their like.
[[nodiscard]] bool is_harmless_variable(std::string_view name) noexcept;

/// The name by which manifests refer to them.
[[nodiscard]] std::uint64_t note_programs(Knowledge& knowledge, const Programs& programs);

/// Where the index keeps what is known of them.
[[nodiscard]] std::string images_key(std::uint64_t programs);

/// Over the names and values of all variables of this process that count. Nothing where it is not known which do: an image is not there any
/// more. Reads the images if the environment has a name that was never looked for.
[[nodiscard]] std::optional<ContentDigest> digest_of_variables(Knowledge& knowledge, std::uint64_t programs);

/// The same variables, "NAME=value", sorted: for explanations.
[[nodiscard]] std::optional<std::vector<std::string>> variables_that_count(Knowledge& knowledge, std::uint64_t programs);

/// Those of `names` that stand in `image` as a part of it, whatever is around them.
[[nodiscard]] std::vector<bool> names_contained(std::string_view image, const std::vector<std::string>& names);

}  // namespace zccache::cc
