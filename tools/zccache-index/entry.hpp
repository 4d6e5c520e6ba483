// An entry as `list` and `get` show it.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <string>

#include "common/json.hpp"
#include "entry_kind.hpp"

namespace zccache::index_tool {

/// {"key", "kind", "source", "compile_millis", "total_size", "stored_at_secs", "age_secs", "used_at_secs", "exit_code", "outputs": [{"name",
/// "size"}]}
[[nodiscard]] tools::Json entry_json(const ArtifactView& entry, const Origin& origin);

/// When it was stored or last used, whichever is later: uses are kept to minutes.
[[nodiscard]] std::uint64_t last_use_of(const ArtifactView& entry) noexcept;

/// "foo.o (1.5 KiB), foo.d (200 B)"
[[nodiscard]] std::string outputs_text(const ArtifactView& entry);

}  // namespace zccache::index_tool
