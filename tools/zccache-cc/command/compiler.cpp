#include "zccache-cc/command/compiler.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

bool is_ourselves(const struct stat& file) {
  struct stat self {};
  return ::stat("/proc/self/exe", &self) == 0 && self.st_dev == file.st_dev && self.st_ino == file.st_ino;
}

// 0, or why the file cannot be executed.
int try_executable(const char* path, struct stat& status) {
  if (::stat(path, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(path, X_OK) == 0 ? 0 : errno;
}

Compiler describe(std::string path, const char* name, const struct stat& status) {
  Compiler compiler;
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  compiler.path = std::move(path);
  compiler.name = file_name(name);
  compiler.real_path = real ? real.get() : compiler.path;
  compiler.size = static_cast<std::uint64_t>(status.st_size);
  compiler.modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  compiler.family = family_of(file_name(compiler.real_path));
  compiler.is_plain_script = compiler.real_path == "/usr/bin/c89-gcc" || compiler.real_path == "/usr/bin/c99-gcc";
  return compiler;
}

boost::system::result<Compiler, NoCompiler> find_in_path(const char* name) {
  const char* const variable = std::getenv("PATH");
  NoCompiler why{ENOENT, false};
  bool passed_over = false;
  for (std::string_view rest = variable != nullptr ? variable : "/usr/bin:/bin";;) {
    const std::size_t end = rest.find(':');
    std::string path(rest.substr(0, end));
    path += path.empty() ? "./" : "/";  // an empty part is the working directory
    path += name;
    struct stat status {};
    if (const int error = try_executable(path.c_str(), status); error != 0) {
      if (error == EACCES) why.error_number = EACCES;
    } else if (is_ourselves(status)) {
      passed_over = true;
    } else {
      Compiler compiler = describe(std::move(path), name, status);
      compiler.passed_over_ourselves = passed_over;
      return compiler;
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  why.is_ourselves = passed_over;
  return why;
}

}  // namespace

Family family_of(std::string_view file_name) noexcept {
  const auto is_version = [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; };
  std::string_view name = file_name;
  while (!name.empty() && is_version(static_cast<unsigned char>(name.back()))) name.remove_suffix(1);
  if (name.size() < file_name.size() && name.ends_with('-')) name.remove_suffix(1);

  const std::string_view tool = name.substr(name.rfind('-') + 1);
  if (tool == "gcc" || tool == "g++" || tool == "gfortran") return Family::gcc;
  if (tool == "clang" || tool == "clang++") return Family::clang;
  if (tool == "ld" || tool == "ld.bfd" || tool == "ld.gold" || tool == "ld.lld" || tool == "lld") return Family::linker;
  if (tool == "ar" || tool == "ranlib") return Family::archiver;
  return Family::unknown;
}

bool is_compiler_name(std::string_view file_name) noexcept {
  constexpr std::array<std::string_view, 4> kUsual = {"cc", "c++", "c89", "c99"};
  return std::ranges::find(kUsual, file_name) != kUsual.end() || is_compiler(family_of(file_name));
}

bool can_be_masked(std::string_view file_name) noexcept { return is_compiler_name(file_name) || family_of(file_name) != Family::unknown; }

boost::system::result<Compiler, NoCompiler> find_compiler(const char* name) {
  if (std::strchr(name, '/') == nullptr && *name != '\0') return find_in_path(name);
  struct stat status {};
  if (const int error = try_executable(name, status); error != 0) return NoCompiler{error, false};
  if (is_ourselves(status)) {
    const std::string_view called = file_name(name);
    if (!can_be_masked(called)) return NoCompiler{ELOOP, true};
    auto next = find_in_path(called.data());
    if (next) next->passed_over_ourselves = true;
    return next;
  }
  return describe(name, name, status);
}

int exec_compiler(const char* path, char* const* argv) noexcept {
  ::execve(path, argv, environ);
  return report_cannot_run(path, errno);
}

int report_cannot_run(const char* name, int error_number) noexcept {
  constexpr int kNotFound = 127;
  constexpr int kNotExecutable = 126;
  std::fprintf(stderr, "zccache-cc: cannot run '%s': %s\n", name, std::strerror(error_number));
  return error_number == ENOENT ? kNotFound : kNotExecutable;
}

}  // namespace zccache::cc
