#include "zccache-cc/folder_names.hpp"

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::cc;
using test::TempDir;
using test::write_file;

namespace {

/// Asks often enough that a folder is read.
bool lacks_after_some(FolderNames& names, const std::string& folder, const std::string& name) {
  for (int i = 0; i < 20; ++i) static_cast<void>(names.lacks(folder, "x" + std::to_string(i)));
  return names.lacks(folder, name);
}

}  // namespace

TEST_CASE("a_folder_lacks_what_is_not_in_it_and_nothing_that_is") {
  const TempDir temp;
  write_file(temp.path() / "here.h", "");
  std::filesystem::create_directory(temp.path() / "folder");
  std::filesystem::create_symlink("nowhere", temp.path() / "dangling");
  FolderNames names;
  CHECK(lacks_after_some(names, temp.path(), "absent.h"));
  for (const char* name : {"here.h", "folder", "dangling", ".", "..", ""}) {
    CAPTURE(name);
    CHECK_FALSE(names.lacks(temp.path(), name));
  }
}

TEST_CASE("nothing_is_said_of_a_folder_that_cannot_be_read_or_was_hardly_asked_for") {
  const TempDir temp;
  FolderNames names;
  CHECK_FALSE(names.lacks(temp.path(), "absent.h"));
  CHECK_FALSE(lacks_after_some(names, temp.path() / "absent", "any.h"));
  write_file(temp.path() / "file", "");
  CHECK_FALSE(lacks_after_some(names, temp.path() / "file", "any.h"));
}

TEST_CASE("the_root_does_not_lack_itself") {
  FolderNames names;
  CHECK_FALSE(lacks_after_some(names, "/", ""));
  CHECK_FALSE(lacks_after_some(names, "/", "proc"));
}
