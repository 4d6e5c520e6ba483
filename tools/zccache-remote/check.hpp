// Tries each server, for `zccache-index doctor`: whether it answers, how soon, and what it lets us do.
#pragma once

#include <string>
#include <vector>

#include "remote/settings.hpp"

namespace zccache::remote {

struct Finding {
  enum class State { good, note, bad };
  State state;
  std::string found;
  std::string cure;  ///< empty where there is nothing to do
};

/// One for each server, and one for each key file that is no good. Writes a value of its own where results go up from here.
[[nodiscard]] std::vector<Finding> check_servers(const RemoteSettings& settings);

}  // namespace zccache::remote
