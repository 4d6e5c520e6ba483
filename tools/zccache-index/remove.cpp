// remove: entries and their payload files.
#include <fmt/core.h>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <string>

#include "command.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
int remove(const Context& context, const RemoveOptions& options) {
  ArtifactStore store = open_to_change(context);
  const auto removed = std::ranges::count_if(options.keys, [&](const std::string& key) { return PayloadStore(store).remove(key).value(); });
  if (removed != 0) store.flush().value();  // else a power loss could bring them back
  if (context.json) {
    tools::print_json({{"removed", removed}, {"asked", options.keys.size()}});
  } else {
    fmt::print("removed {} of {}\n", removed, options.keys.size());
  }
  return removed == 0 ? tools::kNo : tools::kGood;
}

}  // namespace zccache::index_tool
