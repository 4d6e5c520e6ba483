// Where a command runs, and with which variables.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pasted_command.hpp"

namespace zccache::index_tool {

/// This process is in the command's place for as long as this lives.
class Situation {
 public:
  /// Throws std::filesystem::filesystem_error where the directory is not there.
  explicit Situation(const PastedCommand& command);
  ~Situation();
  Situation(const Situation&) = delete;
  Situation& operator=(const Situation&) = delete;

 private:
  void set(const std::string& name, const std::string& value);

  std::filesystem::path before_;
  std::vector<std::pair<std::string, std::optional<std::string>>> old_;
};

}  // namespace zccache::index_tool
