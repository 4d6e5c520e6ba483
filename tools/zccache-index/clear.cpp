// clear: removes everything.
#include <fmt/core.h>
#include <zccache/eviction.hpp>

#include "command.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
/// The index goes first, so that no entry points to a payload that is gone.
int clear(const Context& context, const ClearOptions& options) {
  if (!options.sure) throw tools::UsageError("clear removes every entry and payload; say so with --yes");
  ArtifactStore store = open_to_change(context);
  const std::size_t entries = store.clear().value();
  const std::uint64_t files = remove_leftovers(store).value();
  if (context.json) {
    tools::print_json({{"removed", entries}, {"payload_files", files}});
  } else {
    fmt::print("removed entries: {}, payload files: {}\n", entries, files);
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
