// Who has the live index mapped: the system knows, nothing is registered anywhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zccache::index_tool {

struct AttachedProcess {
  int pid = 0;
  std::string name;  ///< as `ps` shows it
};

/// Processes that have this file mapped, of those that this user may look at, this one excepted. By pid.
[[nodiscard]] std::vector<AttachedProcess> attached_to(const std::filesystem::path& file);

}  // namespace zccache::index_tool
