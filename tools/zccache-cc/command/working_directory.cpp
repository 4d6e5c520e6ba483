#include "zccache-cc/command/working_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

namespace zccache::cc {

WorkingDirectory WorkingDirectory::current() {
  WorkingDirectory directory;
  std::array<char, PATH_MAX> buffer;
  if (::getcwd(buffer.data(), buffer.size()) != nullptr) directory.physical = buffer.data();
  directory.logical = directory.physical;
  const char* shells = std::getenv("PWD");
  struct stat here {};
  struct stat there {};
  if (shells == nullptr || shells[0] != '/' || directory.physical == shells || ::stat(".", &here) != 0 || ::stat(shells, &there) != 0)
    return directory;
  if (here.st_ino == there.st_ino && here.st_dev == there.st_dev) directory.logical = shells;
  return directory;
}

}  // namespace zccache::cc
