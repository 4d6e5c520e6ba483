#include "filling.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <zccache/artifact_store.hpp>

namespace zccache::bench {
namespace {

using std::chrono::steady_clock;

/// Long enough that a snapshot every 5 s comes to more than the bound. Not simulated: the policy depends on how long a flush takes.
constexpr steady_clock::duration kLength = std::chrono::seconds(60);
constexpr std::size_t kSteps = 600;

/// A store that is asked after each step whether a snapshot is due, as a launcher asks after each compile.
class FilledStore {
 public:
  FilledStore(const std::filesystem::path& directory, OpenOptions options) : store_(open(directory, options)) {}

  void insert(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) store_.insert(entry.key, entry.artifact).value();
    if (store_.flush_if_due().value()) count_snapshot();
  }
  /// The last one: somebody asks for it, or a process that lived long ends.
  void finish() {
    store_.flush().value();
    count_snapshot();
  }
  [[nodiscard]] double snapshots() const noexcept { return snapshots_; }
  [[nodiscard]] double bytes() const noexcept { return bytes_; }
  [[nodiscard]] double last_bytes() const { return static_cast<double>(store_.stats().snapshot_bytes); }

 private:
  static ArtifactStore open(const std::filesystem::path& directory, OpenOptions options) {
    options.flusher = Flusher::caller;
    return ArtifactStore::open(directory, options).value();
  }
  void count_snapshot() {
    snapshots_ += 1;
    bytes_ += last_bytes();
  }

  ArtifactStore store_;
  double snapshots_ = 0;
  double bytes_ = 0;
};

}  // namespace

Rows measure_filling(const Context& context) {
  context.progress.show("filling over " + std::to_string(std::chrono::floor<std::chrono::seconds>(kLength).count()) + " s");
  FilledStore ours(context.directory / "filling", {});
  OpenOptions regular;
  regular.flush_interval = std::chrono::seconds(5);
  FilledStore every_5_s(context.directory / "filling-every-5-s", regular);

  const Workload workload = context.workload();
  const auto length = context.settings.quick ? steady_clock::duration::zero() : kLength;
  auto next = steady_clock::now();
  for (std::size_t step = 0; step < kSteps; ++step) {
    const std::vector<Entry> entries = workload.entries(step * workload.size() / kSteps, (step + 1) * workload.size() / kSteps);
    for (FilledStore* store : {&ours, &every_5_s}) store->insert(entries);
    std::this_thread::sleep_until(next += length / static_cast<int>(kSteps));
  }
  for (FilledStore* store : {&ours, &every_5_s}) store->finish();

  const auto row = [&](const char* what, const char* unit, const char* name, double value) {
    return Row{what, unit, name, workload.size(), {value}};
  };
  constexpr const char* kEvery5s = "zccache, every 5 s";
  constexpr const char* kNumber = "number of snapshots of that build";
  return {row(kFilling, "B", kOurs, ours.bytes()), row(kFilling, "B", kEvery5s, every_5_s.bytes()),
          row(kFilling, "B", kLastSnapshot, ours.last_bytes()), row(kNumber, "", kOurs, ours.snapshots()),
          row(kNumber, "", kEvery5s, every_5_s.snapshots())};
}

}  // namespace zccache::bench
