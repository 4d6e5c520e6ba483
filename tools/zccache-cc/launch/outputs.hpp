// The files that a compile makes: what they are called in its entry, and where they go.
#pragma once

#include <zccache/payload_store.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/command/compiler.hpp"

namespace zccache::cc {

/// Those that the command names: object and dependency file.
[[nodiscard]] std::vector<OutputFile> named_outputs(const Command& command, std::string_view directory);

/// What the entry calls a file that the compile made at this absolute path: "object" and "dependencies" for what the command names,
/// "stem.dwo" for what is named like the object but for its ending, else by its place: "here/NAME" below the working directory, "root/NAME".
[[nodiscard]] std::string output_name(std::string_view path, const Command& command, std::string_view directory);
/// Whether such a name leads to another place for a command with another object.
[[nodiscard]] bool follows_object(std::string_view name) noexcept;
/// Whether it is such a name, and none that the command says.
[[nodiscard]] bool is_named_like_object(std::string_view name) noexcept;
/// Where an output of this name goes. Empty where the command does not say.
[[nodiscard]] std::string output_path(std::string_view name, const Command& command, std::string_view directory);

/// Why these outputs cannot be served by putting a file in their place; empty where they can. Then each also says whether the compiler would
/// have kept the mode of the file that is there.
[[nodiscard]] std::string look_at_outputs(std::vector<OutputFile>& outputs, const Command& command, Family family);

/// Writes all of it, as far as anybody reads it.
void write_out(int fd, std::string_view bytes) noexcept;

}  // namespace zccache::cc
