#include "config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "common/descriptor.hpp"
#include "common/paths.hpp"

namespace zccache::config {
namespace {

constexpr std::size_t kLargest = 64 * 1024;  // it is read once for each compile

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

std::string_view key_of(std::string_view line) {
  line = trimmed(line);
  return line.starts_with('#') ? std::string_view() : trimmed(line.substr(0, line.find('=')));
}

std::string expanded_path(std::string_view path, Place place, const std::string& directory) {
  const char* home = std::getenv("HOME");
  if (path.starts_with("~/") && home != nullptr) return std::string(home).append(path.substr(1));
  if (path.empty() || path.starts_with('/') || place != Place::project) return std::string(path);
  return path == "." ? directory : directory + "/" + std::string(path);
}

template <class Action>
void for_each_path(std::string_view value, const Setting& setting, Action action) {
  if (setting.paths == Paths::one) action(value);
  if (setting.paths == Paths::list) tools::for_each_part(value, ':', action);
}

// No shell has seen it.
std::string expanded(std::string_view value, const Setting& setting, Place place, const std::string& directory) {
  if (setting.paths == Paths::none) return std::string(value);
  std::string all;
  for_each_path(value, setting, [&](std::string_view path) { all += (all.empty() ? "" : ":") + expanded_path(path, place, directory); });
  return all;
}

// Why a value is not taken; empty where it is.
std::string refusal(const Setting& setting, std::string_view value, Place place) {
  if (place == Place::project && setting.place == Place::user) return std::string("a project may not set ") + setting.key;
  if (value.empty()) return {};
  bool all_absolute = true;
  for_each_path(value, setting, [&](std::string_view path) { all_absolute &= path.starts_with('/'); });
  if (!all_absolute) return std::string(setting.key) + " has to be an absolute path here";
  return setting.accepts(value) ? std::string() : std::string(setting.key) + " = " + std::string(value) + ": not " + setting.form;
}

FileContent unread(const std::string& file, const std::string& why) { return {{}, {file + " is not read: " + why}}; }

std::optional<std::string> read_all(int fd, std::size_t size) {
  std::string text(size, '\0');
  const ssize_t got = ::read(fd, text.data(), size);
  if (got < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

}  // namespace

FileContent parse_file(std::string_view text, const std::string& file, Place place, const std::string& directory) {
  FileContent content;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(next_line(text));
    if (line.empty() || line.starts_with('#')) continue;
    const auto complain = [&](const std::string& what) { content.problems.push_back(file + ":" + std::to_string(number) + ": " + what); };
    const std::size_t sign = line.find('=');
    const Setting* setting = find_setting(key_of(line));
    if (sign == std::string_view::npos) {
      complain("'" + std::string(line) + "' is not of the form key = value");
    } else if (setting == nullptr) {
      complain("'" + std::string(key_of(line)) + "' is no setting");
    } else {
      std::string value = expanded(trimmed(line.substr(sign + 1)), *setting, place, directory);
      const std::string why = refusal(*setting, value, place);
      if (why.empty()) {
        content.values.push_back({setting, std::move(value), file, number});
      } else {
        complain(why);
      }
    }
  }
  return content;
}

FileContent read_file(const std::string& file, Place place, const std::string& directory) {
  // Non-blocking: a FIFO by this name stops no build.
  const tools::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!opened) return errno == ENOENT || errno == ENOTDIR ? FileContent{} : unread(file, std::strerror(errno));
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) return unread(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unread(file, "it is no regular file");
  if (status.st_uid != ::geteuid()) return unread(file, "it belongs to somebody else");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return unread(file, "others may write to it; chmod go-w");
  if (static_cast<std::size_t>(status.st_size) > kLargest) return unread(file, "it is larger than 64 KiB");
  const auto text = read_all(opened.get(), static_cast<std::size_t>(status.st_size));
  return text ? parse_file(*text, file, place, directory) : unread(file, std::strerror(errno));
}

std::string with_setting(std::string_view text, const Setting& setting, std::string_view value) {
  const std::string wanted = value.empty() ? std::string() : std::string(setting.key) + " = " + std::string(value) + "\n";
  std::string changed;
  bool is_there = false;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (find_setting(key_of(line)) != &setting) {
      changed.append(line).append("\n");
    } else if (!std::exchange(is_there, true)) {
      changed += wanted;
    }
  }
  return is_there ? changed : changed + wanted;
}

}  // namespace zccache::config
