#include "scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace zccache::bench {

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string name = parent / "zccache-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "cannot make a directory in " + parent.string());
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace zccache::bench
