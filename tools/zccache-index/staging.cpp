#include "staging.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

/// Every file that the payload of an entry may have, in whatever layout.
std::vector<fs::path> files_of(const PayloadStore& payloads, std::string_view key, std::size_t outputs) {
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < outputs; ++i) files.push_back(payloads.path_of(key, i));
  if (outputs != 0) files.push_back(files.front().parent_path() / (std::string(key) + ".pack"));
  return files;
}

void make_private(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    throw fs::filesystem_error("mkdir", directory, {errno, std::generic_category()});
}

/// What is not there to be moved must not be there afterwards: it would belong to the entry that is replaced.
void move_or_remove(const fs::path& from, const fs::path& to) {
  if (!fs::exists(from)) {
    ::unlink(to.c_str());
    return;
  }
  make_private(to.parent_path().parent_path());
  make_private(to.parent_path());
  fs::rename(from, to);
}

}  // namespace

ArtifactStore Staging::open() const {
  OpenOptions options;
  options.flusher = Flusher::caller;
  options.allow_any_filesystem = true;  // the cache around it was accepted
  // A directory of its own: the one around it is locked for as long as this process lives.
  return ArtifactStore::open(work_.path() / "cache", options).value();
}

Merged Staging::move_into(ArtifactStore& store, ArtifactStore& staged) const {
  const PayloadStore from(staged);
  const PayloadStore to(store);
  const auto entries = [&](const auto& visit) {
    staged.for_each([&](const ArtifactView& entry) { return visit(entry.key(), entry.to_artifact()); });
  };
  const auto place = [&](std::string_view key, const Artifact& artifact) -> result<void> {
    const auto staged_files = files_of(from, key, artifact.output_names.size());
    const auto files = files_of(to, key, artifact.output_names.size());
    for (std::size_t i = 0; i < files.size(); ++i) move_or_remove(staged_files[i], files[i]);
    return {};
  };
  return store.merge(entries, place).value();
}

}  // namespace zccache::index_tool
