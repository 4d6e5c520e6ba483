#include "scratch.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>

#include "child.hpp"

namespace zccache::bench {
namespace {

/// Waits for the end of the process that has the other end, out of reach of the terminal that might end both.
[[noreturn]] void tidy_up_after(const tools::Descriptor& gone, const std::filesystem::path& directory) {
  setsid();
  char none = 0;
  while (read(gone.get(), &none, 1) < 0 && errno == EINTR) {
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  _exit(EXIT_SUCCESS);
}

}  // namespace

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string name = parent / "zccache-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "cannot make a directory in " + parent.string());
  path_ = name;
  Pipe pipe;
  janitor_ = fork();
  if (janitor_ == 0) {
    pipe.writing.reset();
    tidy_up_after(pipe.reading, path_);
  }
  alive_ = std::move(pipe.writing);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  alive_.reset();
  if (janitor_ > 0) waitpid(janitor_, nullptr, 0);
}

}  // namespace zccache::bench
