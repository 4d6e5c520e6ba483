#include "snapshot/flush.hpp"

#include "base/directory.hpp"
#include "live/live_builder.hpp"
#include "live/predecessor.hpp"

namespace zccache {

result<SnapshotSize> write_snapshot(const HeldDirectory& directory, const LiveIndex& index, std::uint64_t* base_sequence,
                                    const std::function<bool()>& is_wanted) {
  // Whoever had the flusher lock before may have flushed a later generation, and this one must not go over it: it lacks what came since, and
  // has what was removed. A renewal from here on is no matter: nobody flushes what comes of it before us.
  if (directory.find(CacheDirectory::kLive) != index.segment().identity())
    return Failure{Error::not_found, (directory.path() / CacheDirectory::kLive).string()};
  // Acquire, and before the walk: every record up to this one was published before, so the walk finds it, or what replaced it.
  *base_sequence = index.header().counts.last_sequence.load(std::memory_order_acquire);
  SnapshotOrigin origin{.generation = index.header().generation,
                        .base_sequence = *base_sequence,
                        .life = index.header().life,
                        .totals = Inheritance::of(index.header()).totals};
  origin.totals.flushes_done += 1;  // this one, as it will have been once anybody reads it
  auto writer = SnapshotWriter::create(directory, origin);
  if (!writer) return writer.error();
  result<void> added;
  index.for_each([&](const format::RecordHeader& record) { return (added = writer->add(record)).has_value(); });
  if (!added) return added.error();
  return std::move(*writer).commit([&] { return is_same_life(directory, index) && is_wanted(); });
}

}  // namespace zccache
