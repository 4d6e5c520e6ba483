#include "observe/environment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string_view>

#include "observe/image.hpp"

namespace zccache::observe {
namespace {

std::string find_library() {
  std::array<char, PATH_MAX> self;
  const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size());
  if (n <= 0) return {};
  const std::string_view program(self.data(), static_cast<std::size_t>(n));
  const std::string directory(program.substr(0, program.find_last_of('/')));
  // The loader takes a blank or a colon for the end of a name, and knows no way to say that it is not.
  if (directory.find_first_of(" :$") != std::string::npos) return {};
  for (const char* place : {"/../lib/zccache/libzccache-observe.so", "/libzccache-observe.so"}) {
    if (std::string path = directory + place; ::access(path.c_str(), R_OK) == 0) return path;
  }
  return {};
}

// A loader of another architecture would complain on standard error, a sanitizer would not start.
bool may_have_library(const char* program, int depth = 0) {
  constexpr int kDeepest = 5;
  const tools::Descriptor file(::open(program, O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  const Image image = look_at_image(file.get());
  if (image.kind == Image::Kind::script) return depth < kDeepest && may_have_library(image.interpreter.data(), depth + 1);
  return image.kind == Image::Kind::native && !image.sanitized;
}

constexpr std::string_view kPreload = "LD_PRELOAD=";
constexpr std::string_view kRing = "ZCCACHE_OBSERVE_RING=";
static_assert(kRing.substr(0, kRing.size() - 1) == kRingVariable);

}  // namespace

const std::string& preload_library() {
  static const std::string path = find_library();
  return path;
}

Environment::Environment(char* const* envp, const char* program, const SharedLog& log) {
  const bool with_library = log.header() != nullptr && !preload_library().empty() && may_have_library(program);
  for (char* const* variable = envp; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    // The last one counts, as for the loader. An observer around us is one that cannot see what we watch, and says so.
    if (with_library && text.starts_with(kPreload)) preload_ = text;
    if (with_library && (text.starts_with(kPreload) || text.starts_with(kRing))) continue;
    variables_.push_back(*variable);
  }
  if (with_library) {
    if (preload_.empty()) preload_ = kPreload;
    // Last: what a user preloads, as fakeroot, comes first and calls us.
    if (preload_.find(preload_library()) == std::string::npos) preload_ += (preload_.size() == kPreload.size() ? "" : ":") + preload_library();
    ring_ = std::string(kRing) + log.name();
    variables_.push_back(preload_.data());
    variables_.push_back(ring_.data());
  }
  variables_.push_back(nullptr);
}

}  // namespace zccache::observe
