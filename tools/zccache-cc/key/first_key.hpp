// The first key: a digest of everything that a compile is told and that no question to the kernel shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/command/working_directory.hpp"
#include "zccache-cc/facts/digest.hpp"
#include "zccache-cc/facts/manifest.hpp"

namespace zccache::cc {

/// A component, for a person.
struct KeyPart {
  std::string label;
  std::string value;
  bool operator==(const KeyPart&) const = default;
};

/// All components, in order. The first key is the digest over them.
[[nodiscard]] std::vector<KeyPart> first_key_parts(const Compiler& compiler, std::string_view called, const Command& command,
                                                   const WorkingDirectory& here);
[[nodiscard]] ContentDigest first_key(const std::vector<KeyPart>& parts);

/// Parts as text, to be kept beside a manifest, and back.
[[nodiscard]] std::string text_of(const std::vector<KeyPart>& parts);
[[nodiscard]] std::vector<KeyPart> parts_of(std::string_view text);

/// Over what of the place counts for the result of `entry`: the working directory, the name of the object, the terminal.
[[nodiscard]] ContentDigest place_digest(const WorkingDirectory& here, const Command& command, std::string_view terminal,
                                         const ManifestEntry& entry);

}  // namespace zccache::cc
