// list: the entries, printed as they are met, so that any number of them can be listed.
#include <fmt/core.h>

#include <cstdint>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "entry.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

/// Calls `print(entry, i)` for at most `limit` entries.
template <class Print>
void walk(const ArtifactStore& store, std::uint64_t limit, Print print) {
  std::uint64_t count = 0;
  if (limit == 0) return;
  store.for_each([&](const ArtifactView& entry) {
    print(entry, count);
    return ++count < limit;
  });
}

void list_json(const ArtifactStore& store, std::uint64_t limit) {
  fmt::print("[");
  walk(store, limit, [](const ArtifactView& entry, std::uint64_t i) {
    fmt::print("{}", i == 0 ? "\n" : ",\n");
    tools::print_json_element(entry_json(entry));
  });
  fmt::print("\n]\n");
}

void list_text(const ArtifactStore& store, std::uint64_t limit) {
  const std::uint64_t now = tools::now_secs();
  walk(store, limit, [now](const ArtifactView& entry, std::uint64_t /*i*/) {
    fmt::print("{}  {:>8}  {:>6}  {}\n", entry.key(), tools::human_bytes(entry.total_size()), tools::human_age(entry.stored_at_secs(), now),
               outputs_text(entry));
  });
}

}  // namespace

int list(const Context& context, const ListOptions& options) {
  const ArtifactStore store = open_to_look(context);
  (context.json ? list_json : list_text)(store, options.limit);
  return tools::kGood;
}

}  // namespace zccache::index_tool
