// Files found from an open directory are those that stat(2) finds by their paths.
#include "zccache-cc/facts/stat_by_directory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using test::TempDir;
using test::write_file;
using zccache::cc::StatByDirectory;

namespace {

constexpr int kOften = 20;  // by then a directory is open

// Whether both find the same file, or fail for the same reason, however often they are asked.
bool agree(StatByDirectory& by_directory, const std::string& path) {
  for (int i = 0; i < kOften; ++i) {
    struct stat one {};
    struct stat other {};
    errno = 0;
    const bool found = by_directory.get(path.c_str(), one);
    const int why = found ? 0 : errno;
    errno = 0;
    const bool expected = ::stat(path.c_str(), &other) == 0;
    if (found != expected || why != (expected ? 0 : errno)) return false;
    if (found && (one.st_ino != other.st_ino || one.st_dev != other.st_dev || one.st_size != other.st_size)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("by_directory_a_path_leads_where_stat_goes") {
  const TempDir temp;
  const std::filesystem::path root = temp.path();
  std::filesystem::create_directories(root / "folder" / "below");
  write_file(root / "folder" / "file", "1");
  write_file(root / "folder" / "below" / "file", "22");
  std::filesystem::create_directory_symlink("folder/below", root / "link");
  std::filesystem::create_symlink("below/file", root / "folder" / "link");
  std::filesystem::create_symlink("nowhere", root / "folder" / "broken");
  std::filesystem::create_symlink("loop", root / "folder" / "loop");

  StatByDirectory by_directory;
  const std::vector<std::string> names = {
      "folder/file", "folder/absent", "folder/below", "folder/below/file", "folder//file",     "folder/",
      "link/file",   "link/../file",  "link/..",      "folder/link",       "folder/broken",    "folder/loop",
      "absent/file", "folder/file/x", "folder/.",     "folder/./file",     "folder/below/../", ""};
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back((root / "").native() + name);
  paths.insert(paths.end(), {"/", "//", "/usr", "/usr/..", "..", ".", "absent", "./absent", ""});
  for (const std::string& path : paths) {
    CAPTURE(path);
    CHECK(agree(by_directory, path));
  }
}

TEST_CASE("by_directory_a_file_that_changes_is_seen_at_once") {
  const TempDir temp;
  const std::string path = temp.path() / "file";
  StatByDirectory by_directory;
  CHECK(agree(by_directory, path));
  write_file(path, "1");
  CHECK(agree(by_directory, path));
  write_file(path, "22");
  CHECK(agree(by_directory, path));
  std::filesystem::rename(path, temp.path() / "other");
  CHECK(agree(by_directory, path));
}

TEST_CASE("by_directory_a_directory_that_is_asked_for_often_is_opened_once") {
  const TempDir temp;
  const std::filesystem::path folder = temp.path() / "folder";
  std::filesystem::create_directory(folder);
  write_file(folder / "file", "1");
  const std::string path = folder / "file";
  StatByDirectory by_directory;
  CHECK(agree(by_directory, path));
  std::filesystem::rename(folder, temp.path() / "elsewhere");
  struct stat status {};
  CHECK(by_directory.get(path.c_str(), status));
}

TEST_CASE("by_directory_any_number_of_directories_is_looked_into") {
  const TempDir temp;
  std::vector<std::string> paths;
  for (int i = 0; i < 100; ++i) {
    const std::filesystem::path folder = temp.path() / std::to_string(i);
    std::filesystem::create_directory(folder);
    write_file(folder / "file", std::string(static_cast<std::size_t>(i), 'x'));
    paths.push_back(folder / "file");
  }
  StatByDirectory by_directory;
  for (const std::string& path : paths) CHECK(agree(by_directory, path));
}
