#include "contents.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

#include "entry.hpp"

namespace zccache::index_tool {
namespace {

/// ".o", or the name itself where it has no extension; of many kinds the rest is "other".
std::string output_kind(std::string_view name) {
  const std::string extension = std::filesystem::path(name).extension();
  return extension.empty() ? std::string(name) : extension;
}

void add_outputs(Contents& contents, const ArtifactView& entry) {
  constexpr std::size_t kMostKinds = 1000;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    std::string kind = output_kind(entry.output_name(i));
    if (contents.by_output.size() >= kMostKinds && !contents.by_output.contains(kind)) kind = "other";
    Total& total = contents.by_output[kind];
    total.bytes += entry.output_size(i);
    ++total.count;
  }
}

void add_standout(std::vector<Standout>& all, Standout one) {
  const auto place = std::ranges::upper_bound(all, one.value, std::greater(), &Standout::value);
  if (one.value == 0 || (place == all.end() && all.size() == kMostStandouts)) return;
  all.insert(place, std::move(one));
  if (all.size() > kMostStandouts) all.pop_back();
}

void add_result(Contents& contents, const ArtifactView& entry, const Origin& origin, std::uint64_t now_secs) {
  const std::uint64_t age = now_secs > entry.stored_at_secs() ? now_secs - entry.stored_at_secs() : 0;
  const auto* row = std::ranges::find_if(kAges, [age](const Age& one) { return age < one.below_secs; });
  Total& total = contents.by_age[static_cast<std::size_t>(row - kAges.begin())];
  total.bytes += entry.total_size();
  ++total.count;
  add_outputs(contents, entry);
  const Standout one{.value = entry.total_size(),
                     .key = std::string(entry.key()),
                     .source = origin.source,
                     .stored_at_secs = entry.stored_at_secs(),
                     .used_at_secs = last_use_of(entry)};
  add_standout(contents.largest, one);
  Standout slow = one;
  slow.value = origin.compile_millis;
  add_standout(contents.slowest, std::move(slow));
}

}  // namespace

Contents contents_of(const ArtifactStore& store, std::uint64_t now_secs) {
  const Origins origins(store);
  Contents contents;
  store.for_each([&](const ArtifactView& entry) {
    const EntryKind kind = kind_of(entry.key());
    ++contents.entries[kind];
    if (kind == EntryKind::result) add_result(contents, entry, origins.of(entry), now_secs);
    return true;
  });
  return contents;
}

}  // namespace zccache::index_tool
