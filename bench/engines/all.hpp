// The engines, for all.cpp alone.
#pragma once

#include <memory>

#include "engine.hpp"

namespace zccache::bench {

[[nodiscard]] std::unique_ptr<Engine> make_zccache_engine();
[[nodiscard]] std::unique_ptr<Engine> make_lmdb_engine();
[[nodiscard]] std::unique_ptr<Engine> make_tdb_engine();
[[nodiscard]] std::unique_ptr<Engine> make_sqlite_engine();
[[nodiscard]] std::unique_ptr<Engine> make_files_engine();
[[nodiscard]] std::unique_ptr<Engine> make_socket_engine();
[[nodiscard]] std::unique_ptr<Engine> make_original_engine();

}  // namespace zccache::bench
