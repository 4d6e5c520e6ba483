// Files that appear whole or not at all.
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("a_file_appears_whole_when_it_is_committed") {
  const TempDir temp;
  const fs::path target = temp.path() / "target";
  write_file(target, "old");
  {
    AtomicFile file = AtomicFile::create(temp.path() / ".tmp").value();
    REQUIRE(write_all(file.fd(), bytes_of("new"), file.path()));
    CHECK(read_file(target) == "old");
    REQUIRE(file.commit(target));
  }
  CHECK(read_file(target) == "new");
  CHECK_FALSE(fs::exists(temp.path() / ".tmp"));
}

TEST_CASE("a_file_replaces_what_is_there_or_appears") {
  const TempDir temp;
  const std::filesystem::path target = temp.path() / "target";
  for (const std::string content : {"first", "second"}) {
    AtomicFile file = AtomicFile::create_beside(target).value();
    REQUIRE(write_all(file.fd(), std::as_bytes(std::span(content)), file.path()));
    REQUIRE(file.replace(target));
    CHECK(read_file(target) == content);
    CHECK(std::distance(std::filesystem::directory_iterator(temp.path()), {}) == 1);
  }
}

TEST_CASE("a_file_that_is_not_committed_goes") {
  const TempDir temp;
  {
    AtomicFile fixed = AtomicFile::create(temp.path() / ".tmp").value();
    const AtomicFile moved = std::move(fixed);
    const AtomicFile beside = AtomicFile::create_beside(temp.path() / "target").value();
    const AtomicFile another = AtomicFile::create_beside(temp.path() / "target").value();
    CHECK(beside.path() != another.path());
    CHECK(std::distance(fs::directory_iterator(temp.path()), fs::directory_iterator()) == 3);
  }
  CHECK(fs::is_empty(temp.path()));
}

TEST_CASE("what_stands_at_a_fixed_temporary_name_is_replaced_and_never_followed") {
  const TempDir temp;
  write_file(temp.path() / "outside", "untouched");
  fs::create_symlink(temp.path() / "outside", temp.path() / ".tmp");
  const AtomicFile file = AtomicFile::create(temp.path() / ".tmp").value();
  REQUIRE(write_all(file.fd(), bytes_of("new"), file.path()));
  CHECK(read_file(temp.path() / "outside") == "untouched");
}

TEST_CASE("descriptors_are_not_inherited_and_links_are_not_followed") {
  const TempDir temp;
  const UniqueFd fd = open_file(temp.path() / "file", O_RDWR | O_CREAT).value();
  CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  fs::create_symlink(temp.path() / "file", temp.path() / "link");
  CHECK(open_file(temp.path() / "link", O_RDONLY).error().system_error == ELOOP);
}

TEST_CASE("a_link_is_to_the_file_that_was_opened_whatever_has_its_name_now") {
  const TempDir temp;
  const fs::path path = temp.path() / "file";
  write_file(path, "opened");
  fs::create_hard_link(path, temp.path() / "kept");
  const UniqueFd fd = open_file(path, O_RDONLY).value();
  fs::remove(path);
  write_file(path, "another");
  REQUIRE(AtomicFile::link_beside(temp.path() / "target", fd.get()).value().commit(temp.path() / "target"));
  CHECK(read_file(temp.path() / "target") == "opened");
  fs::remove(temp.path() / "kept");
  fs::remove(temp.path() / "target");
  CHECK(AtomicFile::link_beside(temp.path() / "target", fd.get()).error().error == Error::not_found);
  CHECK(std::distance(fs::directory_iterator(temp.path()), {}) == 1);
}

TEST_CASE("a_fifo_in_the_place_of_a_file_hangs_nobody") {
  const TempDir temp;
  const fs::path fifo = temp.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(open_file(fifo, O_RDONLY).has_value());
  CHECK(ReadOnlyMapping::map(fifo).error().error == Error::corrupt);
}

TEST_CASE("allocated_blocks_are_there") {
  const TempDir temp;
  const UniqueFd fd = open_file(temp.path() / "file", O_RDWR | O_CREAT).value();
  REQUIRE(allocate_blocks(fd.get(), 0, 100'000, "file"));
  const struct stat status = status_of(fd.get(), "file").value();
  CHECK(status.st_size == 100'000);
  CHECK(status.st_blocks * 512 >= 100'000);
}

TEST_CASE("written_ranges_leave_out_what_was_never_written") {
  const TempDir temp;
  const UniqueFd fd = open_file(temp.path() / "file", O_RDWR | O_CREAT).value();
  constexpr std::size_t kSize = std::size_t{16} << 20;
  REQUIRE(::ftruncate(fd.get(), kSize) == 0);
  CHECK(written_ranges(fd.get(), kSize).empty());
  constexpr std::array<std::byte, 1> kByte{std::byte{1}};
  REQUIRE(::pwrite(fd.get(), kByte.data(), 1, kSize / 2) == 1);
  REQUIRE(::pwrite(fd.get(), kByte.data(), 1, kSize - 1) == 1);
  const auto ranges = written_ranges(fd.get(), kSize);
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].begin <= kSize / 2);
  CHECK(ranges[0].end > kSize / 2);
  CHECK(ranges[1].begin > ranges[0].end);
  CHECK(ranges[1].end == kSize);
  // Of a file that has grown meanwhile: no more than was asked for.
  CHECK(written_ranges(fd.get(), kSize - 1).back().end == kSize - 1);
  CHECK(written_ranges(fd.get(), kSize / 2 + 1).back().end == kSize / 2 + 1);
  CHECK(written_ranges(fd.get(), kSize / 2 - (1 << 20)).empty());
}

TEST_CASE("a_mapping_outlives_the_replacement_of_its_file") {
  const TempDir temp;
  const fs::path path = temp.path() / "file";
  write_file(path, "first");
  const ReadOnlyMapping mapping = ReadOnlyMapping::map(path).value();
  write_file(temp.path() / "next", "second");
  fs::rename(temp.path() / "next", path);
  CHECK(std::string_view(reinterpret_cast<const char*>(mapping.bytes().data()), mapping.bytes().size()) == "first");
  CHECK(ReadOnlyMapping::map(temp.path() / "missing").error().error == Error::not_found);
  write_file(path, "");
  CHECK(ReadOnlyMapping::map(path).value().bytes().empty());
}

TEST_CASE("a_failed_call_says_on_what_and_why") {
  CHECK(system_failure("f", ENOSPC).error == Error::no_space);
  CHECK(system_failure("f", EDQUOT).error == Error::no_space);
  CHECK(system_failure("f", ENOENT).error == Error::not_found);
  CHECK(system_failure("f", EACCES).error == Error::directory_unusable);
  CHECK(system_failure("f", EIO).error == Error::io);
  CHECK(system_failure("f", EIO).message().find("f: ") == 0);
  CHECK(system_failure("f", EIO).message().find("Input/output error") != std::string::npos);
}
