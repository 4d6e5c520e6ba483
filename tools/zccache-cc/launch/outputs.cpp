#include "zccache-cc/launch/outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kObject = "object";
constexpr std::string_view kDependencies = "dependencies";
constexpr std::string_view kStem = "stem.";
constexpr std::string_view kHere = "here/";
constexpr std::string_view kRoot = "root/";

/// "dir/a.o" -> "dir/a."
std::string stem_of(const std::string& object) {
  const std::size_t name = object.rfind('/') + 1;
  const std::size_t dot = object.rfind('.');
  return dot == std::string::npos || dot < name ? object + '.' : object.substr(0, dot + 1);
}

// Whether the compiler writes into this file, which then keeps its mode. Others it unlinks, or replaces by rename. So do gcc 12 (with binutils,
// which unlink only what is not empty) and clang 14; tests/cli/launcher/test_modes.sh compares.
bool is_written_in_place(std::string_view output, const struct stat& status, Family family) {
  if (output == kObject || (is_compiler(family) && output.ends_with(".o"))) return family == Family::gcc && status.st_size == 0;
  if (is_compiler(family) && output.ends_with(".dwo")) return family == Family::clang || status.st_size == 0;
  return true;
}

/// Names in an entry have no ".." in them.
std::string without_parents(const std::string& path) { return std::filesystem::path(path).lexically_normal().native(); }

}  // namespace

std::vector<OutputFile> named_outputs(const Command& command, std::string_view directory) {
  std::vector<OutputFile> outputs;
  if (!command.object.empty()) outputs.push_back({std::string(kObject), absolute_path(command.object, directory)});
  if (!command.dependency_file.empty()) outputs.push_back({std::string(kDependencies), absolute_path(command.dependency_file, directory)});
  return outputs;
}

std::string output_name(std::string_view path, const Command& command, std::string_view directory) {
  for (const OutputFile& output : named_outputs(command, directory)) {
    if (output.path == path) return output.name;
  }
  if (!command.object.empty()) {
    const std::string stem = stem_of(absolute_path(command.object, directory));
    if (path.starts_with(stem) && path.find('/', stem.size()) == std::string_view::npos)
      return std::string(kStem).append(path.substr(stem.size()));
  }
  const std::string plain = without_parents(std::string(path));
  if (is_at_or_below(plain, directory) && plain.size() > directory.size() + 1) return std::string(kHere) + plain.substr(directory.size() + 1);
  return std::string(kRoot) + plain.substr(1);
}

bool follows_object(std::string_view name) noexcept { return name == kObject || name == kDependencies || is_named_like_object(name); }

bool is_named_like_object(std::string_view name) noexcept { return name.starts_with(kStem); }

std::string output_path(std::string_view name, const Command& command, std::string_view directory) {
  for (const OutputFile& output : named_outputs(command, directory)) {
    if (output.name == name) return output.path;
  }
  if (name.starts_with(kStem) && !command.object.empty())
    return stem_of(absolute_path(command.object, directory)).append(name.substr(kStem.size()));
  if (name.starts_with(kHere)) return absolute_path(name.substr(kHere.size()), directory);
  if (name.starts_with(kRoot)) return std::string(name.substr(kRoot.size() - 1));
  return {};
}

std::string look_at_outputs(std::vector<OutputFile>& outputs, const Command& command, Family family) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& path = outputs[i].path.native();
    for (std::size_t other = 0; other < i; ++other) {
      if (outputs[other].path == outputs[i].path) return "two outputs go to " + path;
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;  // none yet, or a place that the compiler will complain of
    if (!S_ISREG(status.st_mode)) return "output " + path + " is not a regular file";
    // A compiler writes into the file that is there; a hit would put another one in the place of this name alone.
    if (status.st_nlink > 1) return "output " + path + " has another name as well";
    if (::access(path.c_str(), W_OK) != 0) return "output " + path + " is not writable";
    // Some linkers write into it, and of these some make it executable.
    if (command.links && outputs[i].name == kObject && status.st_size == 0)
      return "output " + path + " is an empty file, whose mode a link may keep";
    outputs[i].keeps_mode = is_written_in_place(outputs[i].name, status, family);
  }
  return {};
}

void write_out(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace zccache::cc
