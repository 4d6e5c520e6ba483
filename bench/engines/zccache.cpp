// Our own store.
#include <zccache/artifact_store.hpp>

#include <utility>

#include "engines/all.hpp"

namespace zccache::bench {
namespace {

class ZccacheReader : public Reader {
 public:
  explicit ZccacheReader(const ArtifactStore& store) : store_(store) {}

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      const ArtifactView entry = store_.find(key);
      return entry ? entry.total_size() : Probe::kAbsent;
    });
  }

  std::optional<Artifact> get(std::string_view key) override { return store_.get(key); }

 private:
  const ArtifactStore& store_;
};

class ZccacheSession : public Session {
 public:
  explicit ZccacheSession(ArtifactStore store) : store_(std::move(store)) {}

  std::unique_ptr<Reader> reader(std::size_t /*style*/) override { return std::make_unique<ZccacheReader>(store_); }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) store_.insert(entry.key, entry.artifact).value();
  }

  void insert_together(std::span<const Entry> entries) override { static_cast<void>(store_.insert_many(entries).value()); }

  void flush() override { store_.flush().value(); }

 private:
  ArtifactStore store_;
};

class ZccacheEngine : public Engine {
 public:
  std::string name() const override { return kOurs; }

  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access access) const override {
    OpenOptions options;
    options.read_only = access == Access::read_only;
    options.flusher = Flusher::caller;
    return std::make_unique<ZccacheSession>(ArtifactStore::open(directory, options).value());
  }

  std::filesystem::path live_path(const std::filesystem::path& directory) const override { return directory / "index.live"; }
  std::filesystem::path durable_path(const std::filesystem::path& directory) const override { return directory / "index.snap"; }
  void reboot(const std::filesystem::path& directory) const override { std::filesystem::remove(live_path(directory)); }
};

}  // namespace

std::unique_ptr<Engine> make_zccache_engine() { return std::make_unique<ZccacheEngine>(); }

}  // namespace zccache::bench
