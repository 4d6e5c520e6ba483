// The result that a compile had before, if everything that it asked for is still answered alike.
#pragma once

#include <optional>
#include <vector>

#include "zccache-cc/facts/fact_check.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/manifest.hpp"
#include "zccache-cc/launch/plan.hpp"

namespace zccache::cc {

/// What is known of this command, here and after that in the other cache. Empty: it was never compiled, or that was forgotten.
///
/// A configure script compiles hundreds of sources of one name with one command. Entries that do not fit into the command's manifest move to
/// further manifests, one for each content of the source. Once the manifest is full, those for the present source come last here.
[[nodiscard]] std::vector<ManifestEntry> manifest_of(Knowledge& knowledge, const Plan& plan);

/// For the check of the plan's manifest. The plan must outlive it.
[[nodiscard]] FactCheck fact_check(Knowledge& knowledge, const Plan& plan);

/// The first entry that holds. Notes in `knowledge` what it found out on the way: digests of files, fresh stamps of directories.
[[nodiscard]] std::optional<ManifestEntry> find_result(Knowledge& knowledge, const Plan& plan);

/// Puts `entry` first in the manifest of the plan, in the place of those that led to the same result. `known` is what manifest_of() said.
void note_in_manifest(Knowledge& knowledge, const Plan& plan, std::vector<ManifestEntry> known, ManifestEntry entry);

/// Whether a prefix map that the key does not name changes how a file is shown that was asked for by its absolute path. That of another
/// checkout may leave it as it is.
[[nodiscard]] bool reads_below_map(Knowledge& knowledge, const Plan& plan, const ManifestEntry& entry);

}  // namespace zccache::cc
