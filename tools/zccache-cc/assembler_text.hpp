// What a text hands to the assembler.
#pragma once

#include <string_view>

namespace zccache::cc {

/// Why the assembler may read a file that no line of this preprocessed text names, or null. Any string may be an asm statement's, or become a
/// section's name: they are all looked at, with their escapes and across the places where they are glued together.
[[nodiscard]] const char* assembler_reads_files(std::string_view text) noexcept;

}  // namespace zccache::cc
