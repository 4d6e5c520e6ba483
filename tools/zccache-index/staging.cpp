#include "staging.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = ".import-";

/// The locked directory, or -1 where somebody else has it or it is gone.
int try_lock(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat opened {
  }, at_path{};
  const bool mine = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &opened) == 0 && ::lstat(directory.c_str(), &at_path) == 0 &&
                    opened.st_ino == at_path.st_ino;  // not removed between its making and its locking
  if (mine) return fd;
  ::close(fd);
  return -1;
}

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

Staging::Staging(const fs::path& cache) {
  remove_left_behind(cache);
  while (lock_ < 0) {
    std::string pattern = (cache / kPrefix).string() + "XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw fs::filesystem_error("mkdtemp", pattern, {errno, std::generic_category()});
    directory_ = pattern;
    lock_ = try_lock(directory_);
  }
}

void Staging::remove_left_behind(const fs::path& cache) {
  for (const auto& found : fs::directory_iterator(cache)) {
    if (!found.path().filename().string().starts_with(kPrefix)) continue;
    const int fd = try_lock(found.path());
    if (fd < 0) continue;
    std::error_code ignored;  // it takes space only, and the next one tries again
    fs::remove_all(found.path(), ignored);
    ::close(fd);
  }
}

Staging::~Staging() {
  std::error_code ignored;  // as above
  fs::remove_all(directory_, ignored);
  ::close(lock_);
}

ArtifactStore Staging::open() const {
  OpenOptions options;
  options.flusher = Flusher::caller;
  options.allow_any_filesystem = true;  // the cache around it was accepted
  return ArtifactStore::open(directory_, options).value();
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
