#include "preprocess.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "descriptor.hpp"
#include "process.hpp"

namespace zccache::cc {
namespace {

// A file without a name, for the preprocessor to write its dependencies to. The compiler's own children inherit it.
class DependencySink {
 public:
  DependencySink() : file_(::memfd_create("dependencies", 0)), path_("/proc/self/fd/" + std::to_string(file_.get())) {}

  explicit operator bool() const { return static_cast<bool>(file_); }
  [[nodiscard]] const char* path() const { return path_.c_str(); }

  [[nodiscard]] bool read_all(std::string& bytes) const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return false;
    bytes.resize(static_cast<std::size_t>(status.st_size));
    return ::pread(file_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  }

 private:
  Descriptor file_;
  std::string path_;
};

std::vector<char*> preprocessor_command(const Compiler& compiler, const char* name, const ParsedCommand& command) {
  std::vector<const char*> arguments{name};
  arguments.insert(arguments.end(), command.preprocessor_arguments.begin(), command.preprocessor_arguments.end());
  arguments.push_back("-E");
  // Makes gcc say in the text that it would use a precompiled header.
  if (compiler.family == Family::gcc) arguments.push_back("-fpch-preprocess");
  std::vector<char*> argv;
  for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));  // exec's old interface; it changes nothing
  return argv;
}

// A source may include /dev/stdin. A file can be read twice; a pipe is left to the compiler, whose turn it is once the text names it.
StandardInput input_to_preprocess() {
  struct stat status {};
  return ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode) ? StandardInput::inherited : StandardInput::empty;
}

// Not a member's name: a directive goes on with a space or a quoted file.
bool is_directive(std::string_view text, std::string_view directive) {
  return text.starts_with(directive) && text.substr(directive.size()).find_first_of(" \t\"\\") == 0;
}

}  // namespace

Cacheable<Preprocessed> preprocess(const Compiler& compiler, const char* name, const ParsedCommand& command) {
  std::vector<char*> argv = preprocessor_command(compiler, name, command);
  std::optional<DependencySink> sink;
  std::string option = "-MF";
  if (command.makes_dependencies) {
    sink.emplace();
    if (!*sink) return NotCacheable{std::string("no memory file for the dependencies: ") + std::strerror(errno)};
    argv.push_back(option.data());
    argv.push_back(const_cast<char*>(sink->path()));
  }
  argv.push_back(nullptr);

  auto run = run_captured(compiler.path.c_str(), argv.data(), input_to_preprocess());
  if (!run) return std::move(run).error();
  if (!run->succeeded()) return NotCacheable{"the preprocessor failed"};
  Preprocessed preprocessed{std::move(run->output), std::move(run->diagnostics), {}};
  if (sink && !sink->read_all(preprocessed.dependencies)) return NotCacheable{"the dependencies could not be read back"};
  if (const char* why = reads_other_files(preprocessed.text)) return NotCacheable{why};
  return preprocessed;
}

const char* reads_other_files(std::string_view text) noexcept {
  if (text.find("#pragma GCC pch_preprocess") != text.npos) return "it uses a precompiled header";
  // Directives of the assembler, in an asm statement. Both begin alike, so that one walk over a large text does.
  for (std::size_t at = text.find(".inc"); at != text.npos; at = text.find(".inc", at + 1)) {
    if (is_directive(text.substr(at), ".incbin") || is_directive(text.substr(at), ".include")) return "its assembler text includes a file";
  }
  return nullptr;
}

}  // namespace zccache::cc
