// Digests are BLAKE2b, and parts are kept apart.
#include "zccache-cc/facts/digest.hpp"

#include <fcntl.h>

#include <string>

#include "base/file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::cc;

TEST_CASE("the_digest_is_blake2b_with_256_bits") {
  CHECK(hex_of(digest_of("abc")) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  CHECK(hex_of(digest_of("")) == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST_CASE("parts_that_are_cut_elsewhere_have_another_digest") {
  CHECK(Hasher().add("ab").add("c").digest() != Hasher().add("a").add("bc").digest());
  CHECK(Hasher().add("ab").add("c").digest() != Hasher().add("abc").digest());
  CHECK(Hasher().add("").add("a").digest() != Hasher().add("a").add("").digest());
}

TEST_CASE("a_digest_survives_its_hex_digits_and_other_text_is_none") {
  const ContentDigest digest = digest_of("x");
  CHECK(digest_of_hex(hex_of(digest)) == digest);
  CHECK_FALSE(digest_of_hex(hex_of(digest).substr(1)));
  CHECK_FALSE(digest_of_hex("g" + hex_of(digest).substr(1)));
  CHECK_FALSE(digest_of_hex(""));
}

TEST_CASE("a_file_has_the_digest_of_its_bytes_whatever_its_size") {
  const test::TempDir temp;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256} << 10, (std::size_t{1} << 20) + 3}) {
    CAPTURE(size);
    const std::string bytes(size, 'x');
    test::write_file(temp.path() / "file", bytes);
    const auto file = open_file(temp.path() / "file", O_RDONLY).value();
    CHECK(digest_of_file(file.get()) == digest_of(bytes));
  }
  const auto directory = open_file(temp.path(), O_RDONLY).value();
  CHECK_FALSE(digest_of_file(directory.get()));
}
