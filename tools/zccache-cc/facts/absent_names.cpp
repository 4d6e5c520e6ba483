#include "zccache-cc/facts/absent_names.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "zccache-cc/facts/answers.hpp"
#include "zccache-cc/facts/file_stamp.hpp"

namespace zccache::cc {

std::optional<std::string> AbsentNameProofs::add(const std::string& path, bool relative) {
  const auto [directory, name] = nearest(path);
  if (is_quiet(directory) && lacks(directory, name)) {
    proven_[{directory, relative}].insert(name);
    return std::nullopt;
  }
  // A link that leads nowhere, or a file in the place of a directory, is asked about as a whole.
  const std::string missing = (directory == "/" ? "" : directory) + "/" + name;
  struct stat link {};
  const bool is_plain = ::lstat(missing.c_str(), &link) != 0 && errno == ENOENT;
  return is_plain ? missing : path;
}

std::vector<AbsentNameProofs::Proof> AbsentNameProofs::proofs() const {
  std::vector<Proof> all;
  for (const auto& [place, names] : proven_) {
    const auto& [directory, relative] = place;
    // The stamp from before its names were read: what appeared since gives it another one.
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

/// Not even a link that leads nowhere. A directory is read once: most names are asked for in a few.
bool AbsentNameProofs::lacks(const std::string& directory, const std::string& name) {
  const auto [place, is_new] = names_.try_emplace(directory);
  if (is_new) {
    auto names = names_in(directory.c_str());
    if (!names) return false;
    place->second = std::unordered_set<std::string>(std::make_move_iterator(names->begin()), std::make_move_iterator(names->end()));
  }
  return place->second && !place->second->contains(name);
}

const std::optional<struct stat>& AbsentNameProofs::status_of(const std::string& directory) {
  const auto [place, is_new] = directories_.try_emplace(directory);
  struct stat status {};
  if (is_new && ::stat(directory.c_str(), &status) == 0) place->second = status;
  return place->second;
}

}  // namespace zccache::cc
