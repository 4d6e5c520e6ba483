#include "source_files.hpp"

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

#include "common/descriptor.hpp"

namespace zccache::cc {
namespace {

constexpr std::array<std::string_view, 3> kNoFiles = {"<built-in>", "<command-line>", "<command line>"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The quoted name, still with its escapes, of a line such as `# 12 "dir/file.h" 1 3`.
std::optional<std::string_view> name_in_marker(std::string_view line) {
  if (!line.starts_with("# ")) return std::nullopt;
  std::size_t at = 2;
  while (at < line.size() && is_digit(line[at])) ++at;
  if (at == 2 || line.substr(at, 2) != " \"") return std::nullopt;
  const std::size_t begin = at + 2;
  for (std::size_t end = begin; end < line.size(); ++end) {
    if (line[end] == '"') return line.substr(begin, end - begin);
    if (line[end] == '\\') ++end;
  }
  return std::nullopt;
}

// Backslash and octal escapes, as compilers write them; clang has two letters besides, and gcc none.
char of_letter(char c) { return c == 't' ? '\t' : c == 'n' ? '\n' : c; }

std::string unescaped(std::string_view quoted) {
  std::string name;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] != '\\' || i + 1 == quoted.size()) {
      name += quoted[i];
    } else if (i + 3 < quoted.size() && std::ranges::all_of(quoted.substr(i + 1, 3), is_digit)) {
      name += static_cast<char>((quoted[i + 1] - '0') * 64 + (quoted[i + 2] - '0') * 8 + (quoted[i + 3] - '0'));
      i += 3;
    } else {
      name += of_letter(quoted[++i]);
    }
  }
  return name;
}

// gcc marks the working directory by a name that ends in two slashes.
bool names_a_file(std::string_view name) {
  return !name.empty() && !name.ends_with("//") && std::ranges::find(kNoFiles, name) == kNoFiles.end();
}

// Whether the whole file, and not a byte more or less than its size, could be read.
bool read_whole(int fd, std::string& content) {
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t n = ::read(fd, content.data() + filled, content.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    filled += static_cast<std::size_t>(n);
  }
  return true;
}

Digest digest_of(std::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return {hash.low64, hash.high64};
}

NotCacheable unreadable(const std::string& name, const char* why) { return {Counter::unusual_input, "source file " + name + ": " + why}; }

bool is_unchanged(const SourceFile& file, const timespec& moment) {
  struct stat status {};
  if (::stat(file.name.c_str(), &status) != 0) return !file.exists;
  return file.exists && stamp_of(status) == file.stamp && is_settled(file.stamp, moment);
}

}  // namespace

std::vector<std::string> named_files(std::string_view text) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const auto quoted = name_in_marker(text.substr(at, text.find('\n', at) - at));
    if (!quoted || !seen.insert(*quoted).second) continue;
    if (std::string name = unescaped(*quoted); names_a_file(name)) names.push_back(std::move(name));
  }
  return names;
}

Cacheable<SourceFile> read_file(std::string name, std::string& content) {
  const tools::Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return SourceFile{.name = std::move(name), .exists = false, .digest = {}, .stamp = {}};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return unreadable(name, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable(name, "not a regular file");
  content.resize(static_cast<std::size_t>(status.st_size));
  if (!read_whole(file.get(), content)) return unreadable(name, "could not be read to its end");
  return SourceFile{.name = std::move(name), .exists = true, .digest = digest_of(content), .stamp = stamp_of(status)};
}

Cacheable<std::vector<SourceFile>> read_files(std::vector<std::string> names, const VisitContent& visit) {
  std::vector<SourceFile> files;
  files.reserve(names.size());
  std::string content;
  for (std::string& name : names) {
    auto file = read_file(std::move(name), content);
    if (!file) return std::move(file).error();
    if (visit && file->exists) visit(file->name, content);
    files.push_back(*std::move(file));
  }
  return files;
}

timespec file_clock_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now;
}

bool is_before(const timespec& stamp, const timespec& moment) noexcept {
  if (stamp.tv_sec != moment.tv_sec) return stamp.tv_sec < moment.tv_sec;
  // No fraction: a file system may keep whole seconds only.
  return stamp.tv_nsec != 0 && stamp.tv_nsec < moment.tv_nsec;
}

bool is_settled(const FileStamp& stamp, const timespec& moment) noexcept {
  const auto time_of = [](std::int64_t ns) { return timespec{ns / 1'000'000'000, ns % 1'000'000'000}; };
  return is_before(time_of(stamp.modified_ns), moment) && is_before(time_of(stamp.changed_ns), moment);
}

const SourceFile* changed_since(const timespec& moment, const std::vector<SourceFile>& files) {
  const auto changed = std::ranges::find_if(files, [&](const SourceFile& file) { return !is_unchanged(file, moment); });
  return changed == files.end() ? nullptr : &*changed;
}

}  // namespace zccache::cc
