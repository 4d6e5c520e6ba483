// The payload files that lie in a cache directory, whether an entry knows them or not.
#pragma once

#include <zccache/payload_store.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace zccache::index_tool {

/// objects/ab/<key>_<output>
struct PayloadFile {
  std::filesystem::path path;
  std::string key;
  std::size_t output = 0;
};

/// Calls `visit` for every payload file. Files of other names, such as those that somebody is just writing, are left out.
void for_each_payload_file(ArtifactStore& store, const std::function<void(const PayloadFile&)>& visit);

}  // namespace zccache::index_tool
