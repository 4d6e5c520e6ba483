// LMDB as its documentation says is fastest: to read, a transaction that is reset and renewed for each lookup, or one that is held; to write,
// a writable map that is synchronised at a flush only.
#include <lmdb.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "engines/all.hpp"
#include "flat_record.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMapBytes = std::size_t{64} << 30;  // address space and a sparse file; LMDB asks for a limit

void check(int status, const char* what) {
  if (status != MDB_SUCCESS) throw std::runtime_error(std::string("lmdb: ") + what + ": " + mdb_strerror(status));
}

MDB_val value_of(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

class LmdbReader : public Reader {
 public:
  LmdbReader(MDB_env* env, MDB_dbi dbi, bool held) : dbi_(dbi), held_(held) {
    check(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn_), "mdb_txn_begin");
    if (!held_) mdb_txn_reset(txn_);
  }
  ~LmdbReader() override { mdb_txn_abort(txn_); }

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      const Renewal renewal(*this);
      const MDB_val found = look_up(key);
      return found.mv_data != nullptr ? total_size_of(found.mv_data) : Probe::kAbsent;
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    const Renewal renewal(*this);
    const MDB_val found = look_up(key);
    if (found.mv_data == nullptr) return std::nullopt;
    return artifact_of({static_cast<const char*>(found.mv_data), found.mv_size});
  }

 private:
  /// The transaction for one lookup, unless it is held for all.
  class Renewal {
   public:
    explicit Renewal(const LmdbReader& reader) : reader_(reader) {
      if (!reader_.held_) check(mdb_txn_renew(reader_.txn_), "mdb_txn_renew");
    }
    ~Renewal() {
      if (!reader_.held_) mdb_txn_reset(reader_.txn_);
    }
    Renewal(const Renewal&) = delete;
    Renewal& operator=(const Renewal&) = delete;

   private:
    const LmdbReader& reader_;
  };

  [[nodiscard]] MDB_val look_up(std::string_view key) const {
    MDB_val wanted = value_of(key);
    MDB_val found{0, nullptr};
    const int status = mdb_get(txn_, dbi_, &wanted, &found);
    if (status != MDB_NOTFOUND) check(status, "mdb_get");
    return found;
  }

  MDB_txn* txn_ = nullptr;
  MDB_dbi dbi_;
  bool held_;
};

class LmdbSession : public Session {
 public:
  LmdbSession(const std::filesystem::path& directory, Access access) {
    const bool writes = access == Access::read_write;
    check(mdb_env_create(&env_), "mdb_env_create");
    if (writes) check(mdb_env_set_mapsize(env_, kMapBytes), "mdb_env_set_mapsize");
    // MDB_NOTLS: a reader belongs to its transaction, not to its thread. MDB_NORDAHEAD: lookups are at random.
    const unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (writes ? MDB_NOSYNC | MDB_WRITEMAP : MDB_RDONLY);
    check(mdb_env_open(env_, directory.c_str(), flags, 0600), "mdb_env_open");
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, writes ? 0 : MDB_RDONLY, &txn), "mdb_txn_begin");
    check(mdb_dbi_open(txn, nullptr, 0, &dbi_), "mdb_dbi_open");
    check(mdb_txn_commit(txn), "mdb_txn_commit");
  }
  ~LmdbSession() override { mdb_env_close(env_); }
  LmdbSession(const LmdbSession&) = delete;
  LmdbSession& operator=(const LmdbSession&) = delete;

  std::unique_ptr<Reader> reader(std::size_t style) override { return std::make_unique<LmdbReader>(env_, dbi_, style == 1); }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) insert_together({&entry, 1});
  }

  void insert_together(std::span<const Entry> entries) override {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), "mdb_txn_begin");
    for (const Entry& entry : entries) {
      const std::string flat = flat_record(entry.artifact);
      MDB_val key = value_of(entry.key);
      MDB_val value = value_of(flat);
      check(mdb_put(txn, dbi_, &key, &value, 0), "mdb_put");
    }
    check(mdb_txn_commit(txn), "mdb_txn_commit");
  }

  void flush() override { check(mdb_env_sync(env_, 1), "mdb_env_sync"); }

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
};

class LmdbEngine : public Engine {
 public:
  std::string name() const override { return "lmdb"; }
  std::vector<std::string> reader_styles() const override { return {"renewed", "held"}; }
  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access access) const override {
    return std::make_unique<LmdbSession>(directory, access);
  }
};

}  // namespace

std::unique_ptr<Engine> make_lmdb_engine() { return std::make_unique<LmdbEngine>(); }

}  // namespace zccache::bench
