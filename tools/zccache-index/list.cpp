// list: what is stored, printed as it is met, so that any number of entries can be listed.
#include <fmt/core.h>

#include <cstdint>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "entry.hpp"
#include "entry_kind.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

/// Calls `print(entry, i)` for at most as many entries as are wanted.
template <class Print>
void walk(const ArtifactStore& store, const ListOptions& options, Print print) {
  std::uint64_t count = 0;
  if (options.limit == 0) return;
  store.for_each([&](const ArtifactView& entry) {
    if (!options.all && kind_of(entry.key()) != EntryKind::result) return true;
    print(entry, count);
    return ++count < options.limit;
  });
}

void list_json(const ArtifactStore& store, const ListOptions& options) {
  const Origins origins(store);
  fmt::print("[");
  walk(store, options, [&](const ArtifactView& entry, std::uint64_t i) {
    fmt::print("{}", i == 0 ? "\n" : ",\n");
    tools::print_json_element(entry_json(entry, origins.of(entry)));
  });
  fmt::print("\n]\n");
}

void list_text(const ArtifactStore& store, const ListOptions& options) {
  constexpr const char* kLine = "{:<64}  {:<8}  {:>8}  {:>6}  {:>6}  {:<24}  {}\n";
  const Origins origins(store);
  const std::uint64_t now = tools::now_secs();
  fmt::print(kLine, "KEY", "KIND", "SIZE", "STORED", "USED", "OUTPUTS", "SOURCE");
  walk(store, options, [&](const ArtifactView& entry, std::uint64_t /*i*/) {
    const std::string source = origins.of(entry).source;
    fmt::print(kLine, entry.key(), name_of(kind_of(entry.key())), tools::human_bytes(entry.total_size()),
               tools::human_age(entry.stored_at_secs(), now), tools::human_age(last_use_of(entry), now), outputs_text(entry),
               source.empty() ? "-" : tools::printable(source));
  });
}

}  // namespace

int list(const Context& context, const ListOptions& options) {
  const ArtifactStore store = open_to_look(context);
  (context.json ? list_json : list_text)(store, options);
  return tools::kGood;
}

}  // namespace zccache::index_tool
