#include "preprocess.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "assembler_text.hpp"
#include "common/descriptor.hpp"
#include "directive_text.hpp"
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
  tools::Descriptor file_;
  std::string path_;
};

std::vector<char*> preprocessor_command(const Compiler& compiler, const char* name, const ParsedCommand& command, const char* dependency_file) {
  std::vector<char*> argv;
  argv.reserve(command.preprocessor_arguments.size() + 6);
  // exec's interface is older than const; it changes nothing.
  const auto add = [&argv](const char* argument) { argv.push_back(const_cast<char*>(argument)); };
  add(name);
  for (const char* argument : command.preprocessor_arguments) add(argument);
  add("-E");
  // Makes gcc say in the text that it would use a precompiled header.
  if (compiler.family == Family::gcc) add("-fpch-preprocess");
  if (command.makes_dependencies) {
    add("-MF");
    add(dependency_file);
  }
  add(nullptr);
  return argv;
}

// A source may include /dev/stdin. A file can be read twice; a pipe is left to the compiler, whose turn it is once the text names it.
StandardInput input_to_preprocess() {
  struct stat status {};
  return ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode) ? StandardInput::inherited : StandardInput::empty;
}

// In the text stands what clang, once it compiles, takes for a directive: then files are read that the text does not name.
bool has_late_directive(std::string_view text) {
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at == 0 || text[at - 1] == '\n') continue;
    const std::string_view before = text.substr(text.rfind('\n', at) + 1, at - text.rfind('\n', at) - 1);
    const bool is_blank_or_foreign = std::ranges::all_of(before, [](char c) { return is_blank(c) || static_cast<unsigned char>(c) >= 0x80; });
    if (is_blank_or_foreign && has_foreign_blank(before)) return true;
  }
  return false;
}

}  // namespace

Cacheable<Preprocessed> preprocess(const Compiler& compiler, const char* name, const ParsedCommand& command) {
  const DependencySink sink;
  if (!sink) return NotCacheable{Counter::internal_error, std::string("no memory file for the dependencies: ") + std::strerror(errno)};
  const std::vector<char*> argv = preprocessor_command(compiler, name, command, sink.path());
  auto run = run_captured(compiler.path.c_str(), argv.data(), input_to_preprocess());
  if (!run) return std::move(run).error();
  if (!run->succeeded()) return NotCacheable{Counter::preprocessor_failed, "the preprocessor failed"};
  Preprocessed preprocessed{std::move(run->output), std::move(run->diagnostics), {}};
  if (!sink.read_all(preprocessed.dependencies)) return NotCacheable{Counter::internal_error, "the dependencies could not be read back"};
  if (const char* why = reads_other_files(preprocessed.text)) return NotCacheable{Counter::reads_other_files, why};
  return preprocessed;
}

const char* reads_other_files(std::string_view text) noexcept {
  if (text.find("#pragma GCC pch_preprocess") != std::string_view::npos) return "it uses a precompiled header";
  if (has_late_directive(text)) return "a directive begins with a blank that is not ASCII";
  return assembler_reads_files(text);
}

}  // namespace zccache::cc
