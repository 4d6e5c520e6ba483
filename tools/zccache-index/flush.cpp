// flush: writes the snapshot now.
#include <fmt/core.h>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
int flush(const Context& context) {
  ArtifactStore store = open_to_change(context);
  store.flush().value();
  const Stats stats = store.stats();
  if (context.json) {
    tools::print_json({{"snapshot_entries", stats.snapshot_entries}, {"snapshot_bytes", stats.snapshot_bytes}});
  } else {
    fmt::print("wrote the snapshot, entries: {}, {}\n", stats.snapshot_entries, tools::human_bytes(stats.snapshot_bytes));
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
