#include "zccache-cc/facts/absent_names.hpp"

#include <algorithm>
#include <cerrno>

#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/file_stamp.hpp"

namespace zccache::cc {

std::optional<std::string> AbsentNameProofs::add(const std::string& path, bool relative) {
  const auto [directory, name] = nearest(path);
  const std::string missing = (directory == "/" ? "" : directory) + "/" + name;
  // Looked for one by one: a directory like /usr/bin has far more names than a compile asks for. A link that leads nowhere, or a file in the
  // place of a directory, is asked about as a whole.
  struct stat link {};
  if (::lstat(missing.c_str(), &link) == 0 || errno != ENOENT) return path;
  if (!is_quiet(directory)) return missing;
  proven_[{directory, relative}].insert(name);
  return std::nullopt;
}

std::vector<AbsentNameProofs::Proof> AbsentNameProofs::proofs() const {
  std::vector<Proof> all;
  for (const auto& [place, names] : proven_) {
    const auto& [directory, relative] = place;
    // The stamp from before its names were looked for: what appeared since gives it another one.
    const std::uint64_t stamp = hash_of_directory_stamp(stamp_of(*directories_.at(directory)));
    all.push_back({directory, relative, stamp, {names.begin(), names.end()}});
  }
  return all;
}

/// The last directory on the way that is there, and the name that is missing in it.
std::pair<std::string, std::string> AbsentNameProofs::nearest(const std::string& path) {
  for (std::string rest = path;;) {
    const std::size_t slash = rest.rfind('/');
    std::string directory = slash == 0 ? "/" : rest.substr(0, slash);
    if (directory == "/" || status_of(directory)) return {std::move(directory), rest.substr(slash + 1)};
    rest = std::move(directory);
  }
}

bool AbsentNameProofs::is_quiet(const std::string& directory) {
  const auto& status = status_of(directory);
  return status && S_ISDIR(status->st_mode) && is_settled(stamp_of(*status), start_ns_) &&
         std::ranges::find(busy_directories_, directory) == busy_directories_.end();
}

const std::optional<struct stat>& AbsentNameProofs::status_of(const std::string& directory) {
  const auto [place, is_new] = directories_.try_emplace(directory);
  struct stat status {};
  if (is_new && ::stat(directory.c_str(), &status) == 0) place->second = status;
  return place->second;
}

}  // namespace zccache::cc
