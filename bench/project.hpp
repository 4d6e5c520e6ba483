// What the launchers compile: sources and commands, with the objects that the bare compiler makes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "command.hpp"

namespace zccache::bench {

class Project {
 public:
  /// Sources of C++ as they are common, made in `directory`: some of the standard library, and templates that are put to use. Tiny ones to see
  /// that all works.
  [[nodiscard]] static Project made_up(std::uint64_t seed, bool tiny, const std::filesystem::path& directory);

  /// The compiles of a compilation database (compile_commands.json), each in its own working directory; but the objects go to `directory`.
  /// Throws where a command is not one compile to an object.
  [[nodiscard]] static Project of_database(const std::filesystem::path& file, const std::filesystem::path& directory);

  [[nodiscard]] std::size_t size() const noexcept { return units_.size(); }
  [[nodiscard]] const Command& compile(std::size_t i) const { return units_[i].compile; }

  void remove_objects() const;
  /// Throws unless each is the bare compiler's, byte for byte.
  void check_objects() const;

 private:
  struct Unit {
    Command compile;
    std::filesystem::path object;
    std::string expected;
  };
  void add(Command compile, std::filesystem::path object);

  std::vector<Unit> units_;
};

}  // namespace zccache::bench
