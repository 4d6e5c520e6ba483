// Programs that a benchmark starts.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace zccache::bench {

struct Command {
  std::vector<std::string> arguments;            ///< the program first
  std::map<std::string, std::string> variables;  ///< added to this process's environment
  std::filesystem::path directory = ".";
};

/// Runs it to its end and returns what it wrote to standard output. Throws, with what it wrote to standard error, unless it exits with 0.
std::string run(const Command& command);

/// Where $PATH has the program.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

/// The folder that this program was started from.
[[nodiscard]] std::filesystem::path own_folder();

}  // namespace zccache::bench
