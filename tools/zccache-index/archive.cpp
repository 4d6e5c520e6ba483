#include "archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/target_file.hpp"

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

struct EntryDeleter {
  void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};

[[noreturn]] void fail_with_errno(const fs::path& path) {
  throw std::runtime_error(fmt::format("{}: {}", path.string(), std::strerror(errno)));
}

void compress_as_named(archive* to, const fs::path& file) {
  const std::string end = file.extension();
  int done = ARCHIVE_OK;
  if (end == ".gz" || end == ".tgz") done = archive_write_add_filter_gzip(to);
  if (end == ".zst") done = archive_write_add_filter_zstd(to);
  if (end == ".xz") done = archive_write_add_filter_xz(to);
  if (done != ARCHIVE_OK) throw std::runtime_error(fmt::format("{}: {}", file.string(), archive_error_string(to)));
}

using FilePointer = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

FilePointer open_stream(const fs::path& path, const char* mode) {
  FilePointer stream(std::fopen(path.c_str(), mode), &std::fclose);
  if (!stream) fail_with_errno(path);
  return stream;
}

/// Throws for what libarchive complains about; warnings included, since an archive of ours gives it no reason for one.
void check(archive* from, const fs::path& file, la_ssize_t done) {
  if (done < ARCHIVE_OK)
    throw std::runtime_error(fmt::format("{}: not an archive that can be read: {}", file.string(), archive_error_string(from)));
}

void unpack_member(archive* from, const fs::path& archive_file, const fs::path& place) {
  fs::create_directories(place.parent_path());
  const FilePointer to = open_stream(place, "wxe");
  std::vector<char> block(kBlockBytes);
  for (;;) {
    const la_ssize_t size = archive_read_data(from, block.data(), block.size());
    check(from, archive_file, size);
    if (size == 0) break;
    if (std::fwrite(block.data(), 1, static_cast<std::size_t>(size), to.get()) != static_cast<std::size_t>(size)) fail_with_errno(place);
  }
  if (std::fflush(to.get()) != 0) fail_with_errno(place);
  fs::permissions(place, fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace

void ArchiveDeleter::operator()(archive* handle) const noexcept { archive_free(handle); }

ArchiveWriter::ArchiveWriter(const fs::path& file)
    : file_(file == kStandardStream ? file : tools::target_file(file)), archive_(archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  archive_write_set_format_pax_restricted(archive_.get());  // plain tar, and more only for names that tar has no room for
  compress_as_named(archive_.get(), file_);
  if (file_ == kStandardStream) {
    if (archive_write_open_fd(archive_.get(), STDOUT_FILENO) != ARCHIVE_OK) fail();
    return;
  }
  std::string pattern = (file_.parent_path() / ".XXXXXX.tmp").string();  // the file's own name may be as long as a name can be
  fd_ = ::mkostemps(pattern.data(), 4, O_CLOEXEC);
  if (fd_ < 0) fail_with_errno(file_);
  temporary_ = pattern;
  if (archive_write_open_fd(archive_.get(), fd_) != ARCHIVE_OK) fail();
}

ArchiveWriter::~ArchiveWriter() {
  archive_.reset();
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void ArchiveWriter::fail() const { throw std::runtime_error(fmt::format("{}: {}", file_.string(), archive_error_string(archive_.get()))); }

void ArchiveWriter::add_header(const std::string& name, std::uint64_t size, std::uint64_t modified_secs) {
  const std::unique_ptr<archive_entry, EntryDeleter> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_mtime(entry.get(), static_cast<time_t>(modified_secs), 0);
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) fail();
}

void ArchiveWriter::add_bytes(const void* data, std::size_t size) {
  if (archive_write_data(archive_.get(), data, size) != static_cast<la_ssize_t>(size)) fail();
}

void ArchiveWriter::add_text(const std::string& name, std::string_view text, std::uint64_t modified_secs) {
  add_header(name, text.size(), modified_secs);
  add_bytes(text.data(), text.size());
}

void ArchiveWriter::add_file(const std::string& name, const fs::path& file, std::uint64_t modified_secs) {
  const FilePointer from = open_stream(file, "rbe");
  add_header(name, fs::file_size(file), modified_secs);
  std::vector<char> block(kBlockBytes);
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), from.get())) add_bytes(block.data(), size);
  if (std::ferror(from.get()) != 0) fail_with_errno(file);
}

void ArchiveWriter::commit() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) fail();
  if (temporary_.empty()) return;  // standard output
  // Durable before it is visible: an archive that is there is whole.
  if (::fsync(fd_) != 0 || ::rename(temporary_.c_str(), file_.c_str()) != 0) fail_with_errno(file_);
  temporary_.clear();
}

void unpack(const fs::path& file, const fs::path& directory, const std::function<fs::path(const std::string&)>& place_of) {
  const std::unique_ptr<archive, ArchiveDeleter> from(archive_read_new());
  if (!from) throw std::bad_alloc();
  archive_read_support_format_tar(from.get());
  archive_read_support_filter_gzip(from.get());
  archive_read_support_filter_xz(from.get());
  archive_read_support_filter_zstd(from.get());
  check(from.get(), file,
        file == kStandardStream ? archive_read_open_fd(from.get(), STDIN_FILENO, kBlockBytes)
                                : archive_read_open_filename(from.get(), file.c_str(), kBlockBytes));
  archive_entry* entry = nullptr;
  for (int found = 0; (found = archive_read_next_header(from.get(), &entry)) != ARCHIVE_EOF;) {
    check(from.get(), file, found);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;  // of an archive that tar made; folders come with their files
    const char* name = archive_entry_pathname(entry);
    const fs::path place = name != nullptr ? place_of(name) : fs::path();
    if (place.empty() || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
      throw std::runtime_error(fmt::format("{}: not an archive of zccache-index: it holds '{}'", file.string(), name != nullptr ? name : "?"));
    }
    unpack_member(from.get(), file, directory / place);
  }
}

}  // namespace zccache::index_tool
