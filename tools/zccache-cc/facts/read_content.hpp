// Reading a file to know its content.
#pragma once

#include <sys/stat.h>

#include <optional>

#include "zccache-cc/facts/knowledge.hpp"

namespace zccache::cc {

/// What the file at `path` holds, which has this status. From the index if its stamp is known there; else it is read, and noted if the stamp
/// was settled at `moment`. Nothing where it cannot be read, or is another file by now.
[[nodiscard]] std::optional<KnownContent> read_content(Knowledge& knowledge, const char* path, const struct stat& status, std::int64_t moment);

}  // namespace zccache::cc
