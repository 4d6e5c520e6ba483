// A cache directory at rest as one file: a tar archive, read and written by libarchive. docs/format.md says what is in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct archive;

namespace zccache::index_tool {

struct ArchiveDeleter {
  void operator()(archive* handle) const noexcept;
};

/// In place of a file's name: standard output or input.
inline constexpr const char* kStandardStream = "-";

/// Written aside, and there under its name with commit(); to standard output at once. Compressed as the end of the name says: .gz, .zst, .xz,
/// else not at all. All of its functions throw std::runtime_error.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(const std::filesystem::path& file);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  void add_text(const std::string& name, std::string_view text, std::uint64_t modified_secs);
  void add_file(const std::string& name, const std::filesystem::path& file, std::uint64_t modified_secs);
  void commit();

 private:
  void add_header(const std::string& name, std::uint64_t size, std::uint64_t modified_secs);
  void add_bytes(const void* data, std::size_t size);
  [[noreturn]] void fail() const;

  std::filesystem::path file_;
  std::filesystem::path temporary_;  // empty once committed
  int fd_ = -1;
  std::unique_ptr<archive, ArchiveDeleter> archive_;
};

/// Unpacks the regular files of an archive, of standard input for kStandardStream, below `directory`, and never over a file that is there.
/// `place_of` says where under it a member goes, or empty for one that must not be. Throws std::runtime_error for what is no archive, or one
/// with anything else in it.
void unpack(const std::filesystem::path& file, const std::filesystem::path& directory,
            const std::function<std::filesystem::path(const std::string& name)>& place_of);

}  // namespace zccache::index_tool
