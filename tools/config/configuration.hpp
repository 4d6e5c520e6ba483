// The configuration of a program of ours: the environment, below it the project's file, below that the user's, below that the defaults.
//
// Values of files are put into the environment, where library and programs look. So there is one way to a setting, and what a file says reaches
// everything that a variable reaches.
//
// What it costs a launcher: one system call where the user has no file. A project's file is looked for only below the directories that the
// setting `projects` names, as its search costs a call for each directory from the working directory up.
#pragma once

#include <string>
#include <vector>

#include "config/file.hpp"

namespace zccache::config {

class Configuration {
 public:
  /// Reads the files and puts what they say into the environment where it says nothing. Not beside other threads.
  [[nodiscard]] static Configuration load();

  struct Origin {
    enum class Kind { standard, environment, user, project };
    Kind kind;
    std::string value;  ///< of the default: as a person reads it
    std::string file;   ///< of a file, with the line
    unsigned line = 0;
  };
  [[nodiscard]] Origin origin_of(const Setting& setting) const;

  /// Settings that are unknown or not understood, in files and environment, a line each.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  void apply(FileContent&& content, Origin::Kind kind);

  struct Applied {
    Value value;
    Origin::Kind kind;
  };
  std::vector<Applied> applied_;
  std::vector<std::string> problems_;
};

/// $ZCCACHE_CONFIG, else zccache/config in $XDG_CONFIG_HOME or ~/.config. Empty: none.
[[nodiscard]] std::string user_file();

/// The name of a project's file.
inline constexpr const char* kProjectFile = ".zccache";

}  // namespace zccache::config
