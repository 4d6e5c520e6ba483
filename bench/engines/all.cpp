// Which engines there are. Those that need a library of their own are left out where CMake did not find it.
#include "engines/all.hpp"

#include <utility>

namespace zccache::bench {
namespace {

using Make = std::unique_ptr<Engine> (*)();

struct Listed {
  const char* name;
  const char* package;  ///< that it needs
  Make make;            ///< nullptr where that is missing
};

#ifdef ZCCACHE_BENCH_LMDB
constexpr Make kLmdb = make_lmdb_engine;
#else
constexpr Make kLmdb = nullptr;
#endif

#ifdef ZCCACHE_BENCH_TDB
constexpr Make kTdb = make_tdb_engine;
#else
constexpr Make kTdb = nullptr;
#endif

#ifdef ZCCACHE_BENCH_SQLITE
constexpr Make kSqlite = make_sqlite_engine;
#else
constexpr Make kSqlite = nullptr;
#endif

constexpr Listed kEngines[] = {
    {kOurs, "", make_zccache_engine},       {"lmdb", "liblmdb-dev", kLmdb},   {"tdb", "libtdb-dev", kTdb},
    {"sqlite", "libsqlite3-dev", kSqlite},  {"files", "", make_files_engine}, {"socket", "", make_socket_engine},
    {"original", "", make_original_engine},
};

}  // namespace

std::vector<std::unique_ptr<Engine>> all_engines() {
  std::vector<std::unique_ptr<Engine>> all;
  for (const Listed& listed : kEngines) {
    if (listed.make != nullptr) all.push_back(listed.make());
  }
  return all;
}

std::vector<std::string> missing_engines() {
  std::vector<std::string> missing;
  for (const Listed& listed : kEngines) {
    if (listed.make == nullptr) missing.push_back(std::string(listed.name) + " (" + listed.package + ")");
  }
  return missing;
}

}  // namespace zccache::bench
