// A file for each key, in 16 folders: what a cache without an index does.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "common/descriptor.hpp"
#include "engines/all.hpp"
#include "flat_record.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMostEntries = 100'000;  // each takes a block and an inode of the disk, and milliseconds to make on a busy one

[[noreturn]] void fail(const char* what, const std::string& subject) {
  throw std::system_error(errno, std::generic_category(), what + (" " + subject));
}

std::string path_of(const std::string& directory, std::string_view key) {
  std::string path = directory;
  path.reserve(path.size() + key.size() + 8);
  path += '/';
  path += key.front();
  path += '/';
  return path += key.substr(1);
}

class FilesReader : public Reader {
 public:
  explicit FilesReader(std::string directory) : directory_(std::move(directory)) {}

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      const std::string_view flat = read_file(key);
      return flat.empty() ? Probe::kAbsent : total_size_of(flat.data());
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    const std::string_view flat = read_file(key);
    if (flat.empty()) return std::nullopt;
    return artifact_of(flat);
  }

 private:
  /// Empty where there is none. Valid until the next.
  std::string_view read_file(std::string_view key) {
    const std::string path = path_of(directory_, key);
    const tools::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return {};
    const ssize_t count = !file ? -1 : read(file.get(), buffer_.data(), buffer_.size());
    if (count < 0) fail("cannot read", path);
    return {buffer_.data(), static_cast<std::size_t>(count)};
  }

  std::string directory_;
  std::array<char, 8192> buffer_;  // more than any record of the workload
};

class FilesSession : public Session {
 public:
  explicit FilesSession(std::string directory) : directory_(std::move(directory)), temporary_(fmt::format("{}/tmp-{}", directory_, getpid())) {}

  std::unique_ptr<Reader> reader(std::size_t /*style*/) override { return std::make_unique<FilesReader>(directory_); }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) insert(entry);
  }
  void insert_together(std::span<const Entry> entries) override { insert_each(entries); }

  void flush() override {
    const tools::Descriptor directory(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || syncfs(directory.get()) != 0) fail("cannot synchronise", directory_);
  }

 private:
  /// Under a name of its own first, so that a reader finds all of it or none.
  void insert(const Entry& entry) const {
    const std::string flat = flat_record(entry.artifact);
    {
      const tools::Descriptor file(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (!file || write(file.get(), flat.data(), flat.size()) != static_cast<ssize_t>(flat.size())) fail("cannot write", temporary_);
    }
    const std::string path = path_of(directory_, entry.key);
    if (rename(temporary_.c_str(), path.c_str()) != 0) fail("cannot rename to", path);
  }

  std::string directory_;
  std::string temporary_;
};

class FilesEngine : public Engine {
 public:
  std::string name() const override { return "files"; }
  Abilities abilities() const override { return {.max_entries = kMostEntries}; }

  std::unique_ptr<Service> serve(const std::filesystem::path& directory, std::size_t /*entries*/) const override {
    for (int folder = 0; folder < 16; ++folder) std::filesystem::create_directory(directory / fmt::format("{:x}", folder));
    return nullptr;
  }

  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access /*access*/) const override {
    return std::make_unique<FilesSession>(directory);
  }
};

}  // namespace

std::unique_ptr<Engine> make_files_engine() { return std::make_unique<FilesEngine>(); }

}  // namespace zccache::bench
