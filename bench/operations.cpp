#include "operations.hpp"

#include "subject.hpp"

namespace zccache::bench {
namespace {

/// Keys of a stream's own, from here on.
std::size_t first_new(const Workload& workload, std::size_t stream) { return workload.size() + (stream << 32); }

/// Which entry is `rank` places from the newest, when the stream has inserted `inserted`.
std::size_t from_newest(const Workload& workload, std::size_t stream, std::size_t inserted, std::size_t rank) {
  return rank < inserted ? first_new(workload, stream) + inserted - 1 - rank : workload.size() - 1 - (rank - inserted) % workload.size();
}

}  // namespace

std::vector<Operation> operations(const Workload& workload, const Zipfian& zipfian, const Mix& mix, std::size_t stream, std::size_t count) {
  std::vector<Operation> made(count);
  Random random(stream);
  std::size_t inserted = 0;
  for (Operation& operation : made) {
    operation.write = random.below(100) < mix.writes_per_100;
    const std::size_t rank = zipfian.draw(random);
    const std::size_t i = !mix.inserts      ? Random(rank).below(workload.size())
                          : operation.write ? first_new(workload, stream) + inserted++
                                            : from_newest(workload, stream, inserted, rank);
    operation.entry.key = workload.key(i);
    Artifact artifact = workload.artifact(i);
    operation.total_size = artifact.total_size;
    if (!operation.write) continue;
    artifact.stored_at_secs += stream;  // no two streams write the same bytes
    operation.entry.artifact = std::move(artifact);
  }
  return made;
}

void perform(const std::vector<Operation>& operations, Session& session, Reader& reader) {
  std::size_t right = 0;
  for (const Operation& operation : operations) {
    if (operation.write) {
      session.insert_each({&operation.entry, 1});
      ++right;
    } else {
      const Probe probe{operation.entry.key, operation.total_size};
      right += reader.count_right({&probe, 1});
    }
  }
  require_right(right, operations.size());
}

}  // namespace zccache::bench
