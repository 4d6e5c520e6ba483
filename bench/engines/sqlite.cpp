// SQLite as its documentation says is fastest: a write-ahead log, memory-mapped reads, no synchronisation until a flush, prepared statements,
// a table that is its index; a read transaction for each lookup, or one that is held.
#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "engines/all.hpp"
#include "flat_record.hpp"

namespace zccache::bench {
namespace {

constexpr int kBusyMilliseconds = 60'000;

class Connection {
 public:
  Connection(const std::filesystem::path& directory, Access access) {
    const int flags = SQLITE_OPEN_NOMUTEX | (access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    check(sqlite3_open_v2((directory / "store.db").c_str(), &db_, flags, nullptr), "open");
    sqlite3_busy_timeout(db_, kBusyMilliseconds);
    run("PRAGMA mmap_size = 0x7fff0000");  // as much as it allows
    if (access == Access::read_only) return;
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = OFF");
    run("CREATE TABLE IF NOT EXISTS artifact (key TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID");
  }
  ~Connection() { sqlite3_close(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] sqlite3* get() const noexcept { return db_; }
  void run(const char* sql) const { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql); }
  void check(int status, const char* what) const {
    if (status != SQLITE_OK) throw std::runtime_error(std::string("sqlite: ") + what + ": " + sqlite3_errmsg(db_));
  }

 private:
  sqlite3* db_ = nullptr;
};

class Statement {
 public:
  Statement(const Connection& connection, const char* sql) : connection_(connection) {
    connection.check(sqlite3_prepare_v3(connection.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr), sql);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind_text(int position, std::string_view text) {
    sqlite3_bind_text(statement_, position, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind_blob(int position, std::string_view bytes) {
    sqlite3_bind_blob(statement_, position, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }

  /// Whether there is a row.
  bool step() {
    const int status = sqlite3_step(statement_);
    if (status != SQLITE_ROW && status != SQLITE_DONE) connection_.check(status, "step");
    return status == SQLITE_ROW;
  }
  [[nodiscard]] std::string_view blob() const {
    const void* bytes = sqlite3_column_blob(statement_, 0);
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, 0))};
  }
  void reset() { sqlite3_reset(statement_); }

 private:
  const Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteReader : public Reader {
 public:
  SqliteReader(std::shared_ptr<Connection> connection, bool held)
      : connection_(std::move(connection)), held_(held), select_(*connection_, "SELECT record FROM artifact WHERE key = ?") {
    if (held_) connection_->run("BEGIN");
  }
  ~SqliteReader() override {
    if (held_) connection_->run("COMMIT");
  }

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      select_.bind_text(1, key);
      const std::uint64_t total_size = select_.step() ? total_size_of(select_.blob().data()) : Probe::kAbsent;
      select_.reset();
      return total_size;
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    select_.bind_text(1, key);
    std::optional<Artifact> artifact;
    if (select_.step()) artifact = artifact_of(select_.blob());
    select_.reset();
    return artifact;
  }

 private:
  std::shared_ptr<Connection> connection_;
  bool held_;
  Statement select_;
};

/// The session's own connection serves its first reader; each further one, which another thread may have, gets a connection of its own.
class SqliteSession : public Session {
 public:
  SqliteSession(std::filesystem::path directory, Access access)
      : directory_(std::move(directory)), access_(access), connection_(std::make_shared<Connection>(directory_, access)) {}

  std::unique_ptr<Reader> reader(std::size_t style) override {
    auto connection = connection_.use_count() == 1 && style == 0 ? connection_ : std::make_shared<Connection>(directory_, access_);
    return std::make_unique<SqliteReader>(std::move(connection), style == 1);
  }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) insert(entry);
  }

  void insert_together(std::span<const Entry> entries) override {
    connection_->run("BEGIN IMMEDIATE");
    for (const Entry& entry : entries) insert(entry);
    connection_->run("COMMIT");
  }

  void flush() override {
    connection_->run("PRAGMA synchronous = FULL");
    connection_->run("PRAGMA wal_checkpoint(FULL)");
    connection_->run("PRAGMA synchronous = OFF");
  }

 private:
  void insert(const Entry& entry) {
    if (insert_ == nullptr) insert_ = std::make_unique<Statement>(*connection_, "INSERT OR REPLACE INTO artifact VALUES (?, ?)");
    const std::string flat = flat_record(entry.artifact);
    insert_->bind_text(1, entry.key);
    insert_->bind_blob(2, flat);
    static_cast<void>(insert_->step());
    insert_->reset();
  }

  std::filesystem::path directory_;
  Access access_;
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Statement> insert_;
};

class SqliteEngine : public Engine {
 public:
  std::string name() const override { return "sqlite"; }
  std::vector<std::string> reader_styles() const override { return {"", "held"}; }
  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access access) const override {
    return std::make_unique<SqliteSession>(directory, access);
  }
};

}  // namespace

std::unique_ptr<Engine> make_sqlite_engine() { return std::make_unique<SqliteEngine>(); }

}  // namespace zccache::bench
