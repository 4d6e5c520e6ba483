// How the subcommands open the index.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>

#include "command.hpp"

namespace zccache::index_tool {

enum class Purpose { look, change };

/// Nothing where there is no index. To look: read-only, nothing in the directory changes.
[[nodiscard]] std::optional<ArtifactStore> open_if_there(const Context& context, Purpose purpose);

/// Read-only: changes nothing in the directory. Ends the program with "no index" where there is none.
[[nodiscard]] ArtifactStore open_to_look(const Context& context);

/// For changes of what is there: ends the program with "no index" where there is none, so that a mistyped directory is not made.
[[nodiscard]] ArtifactStore open_to_change(const Context& context);

/// For adding: makes directory and index where there is none.
[[nodiscard]] ArtifactStore open_or_create(const Context& context);

}  // namespace zccache::index_tool
