// Samba's TDB as its documentation says is fastest: robust mutexes instead of file locks, no synchronisation, as many hash chains as entries,
// records read where they lie. Mutexes go with TDB_CLEAR_IF_FIRST only: whoever opens the file first empties it. So a process keeps it open.
#include <sys/types.h>
// tdb.h needs what sys/types.h declares.
#include <fcntl.h>
#include <tdb.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

#include "child.hpp"
#include "engines/all.hpp"
#include "flat_record.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMostEntries = 4'000'000;  // offsets of 32 bits

TDB_DATA data_of(std::string_view bytes) { return {reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), bytes.size()}; }

class Database {
 public:
  Database(const std::filesystem::path& directory, std::size_t hash_size) {
    constexpr int kFlags = TDB_CLEAR_IF_FIRST | TDB_MUTEX_LOCKING | TDB_NOSYNC | TDB_INCOMPATIBLE_HASH;
    tdb_ = tdb_open((directory / "store.tdb").c_str(), static_cast<int>(hash_size), kFlags, O_RDWR | O_CREAT, 0600);
    if (tdb_ == nullptr) throw std::runtime_error("tdb_open fails");
  }
  ~Database() { tdb_close(tdb_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] tdb_context* get() const noexcept { return tdb_; }

  void check(int status, const char* what) const {
    if (status != 0) throw std::runtime_error(std::string("tdb: ") + what + ": " + tdb_errorstr(tdb_));
  }

 private:
  tdb_context* tdb_;
};

class TdbReader : public Reader {
 public:
  explicit TdbReader(const Database& database) : database_(database) {}

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      std::uint64_t total_size = Probe::kAbsent;
      tdb_parse_record(
          database_.get(), data_of(key),
          [](TDB_DATA, TDB_DATA value, void* out) {
            *static_cast<std::uint64_t*>(out) = total_size_of(value.dptr);
            return 0;
          },
          &total_size);
      return total_size;
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    std::optional<Artifact> artifact;
    tdb_parse_record(
        database_.get(), data_of(key),
        [](TDB_DATA, TDB_DATA value, void* out) {
          *static_cast<std::optional<Artifact>*>(out) = artifact_of({reinterpret_cast<const char*>(value.dptr), value.dsize});
          return 0;
        },
        &artifact);
    return artifact;
  }

 private:
  const Database& database_;
};

class TdbSession : public Session {
 public:
  explicit TdbSession(const std::filesystem::path& directory) : database_(directory, 0) {}

  std::unique_ptr<Reader> reader(std::size_t /*style*/) override { return std::make_unique<TdbReader>(database_); }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) insert(entry);
  }

  void insert_together(std::span<const Entry> entries) override {
    database_.check(tdb_lockall(database_.get()), "tdb_lockall");
    for (const Entry& entry : entries) insert(entry);
    database_.check(tdb_unlockall(database_.get()), "tdb_unlockall");
  }

  void flush() override {}  // there is nothing to survive: the first opener empties it

 private:
  void insert(const Entry& entry) {
    database_.check(tdb_store(database_.get(), data_of(entry.key), data_of(flat_record(entry.artifact)), TDB_REPLACE), "tdb_store");
  }

  Database database_;
};

class TdbEngine : public Engine {
 public:
  std::string name() const override { return "tdb"; }
  Abilities abilities() const override { return {.threads = false, .durable = false, .max_entries = kMostEntries}; }

  std::unique_ptr<Service> serve(const std::filesystem::path& directory, std::size_t entries) const override {
    return fork_service([&](const std::function<void()>& ready) {
      const Database keeper(directory, entries);
      ready();
      while (true) pause();
    });
  }

  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access /*access*/) const override {
    return std::make_unique<TdbSession>(directory);
  }
};

}  // namespace

std::unique_ptr<Engine> make_tdb_engine() {
  if (!tdb_runtime_check_for_robust_mutexes()) throw std::runtime_error("tdb: this system has no robust mutexes");
  return std::make_unique<TdbEngine>();
}

}  // namespace zccache::bench
