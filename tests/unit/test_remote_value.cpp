// Values come back as they were written; damaged, foreign and unsigned ones are none.
#include "zccache-remote/value.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace zccache;
using namespace zccache::remote;

namespace {

std::vector<Parcel> example() {
  Parcel result;
  result.key = "key";
  result.exit_code = -3;
  result.stdout_bytes = std::string("out\0put", 7);
  result.stderr_bytes = "error";
  result.outputs = {{.name = "object", .mode = 0644, .bytes = std::string(1000, '\0')}, {.name = "dependencies", .mode = 0, .bytes = ""}};
  Parcel path;
  path.key = "path";
  return {result, path};
}

const cc::ContentDigest kName = value_name("team", "key");
const Signer kSigner(cc::digest_of("a seed"));

}  // namespace

TEST_CASE("a_value_is_read_as_it_was_written") {
  CHECK(decode_value(kName, encode_value(kName, example())) == example());
  CHECK(decode_value(kName, encode_value(kName, {})) == std::vector<Parcel>());
}

TEST_CASE("a_value_cut_anywhere_or_longer_is_none") {
  const std::string bytes = encode_value(kName, example());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_value(kName, std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(decode_value(kName, bytes + '\0'));
}

TEST_CASE("a_value_with_any_byte_changed_is_none_where_a_signature_is_wanted") {
  const std::string bytes = encode_value(kName, example(), &kSigner);
  const Trust trust({kSigner.public_key()});
  REQUIRE(decode_value(kName, bytes, trust) == example());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(decode_value(kName, changed, trust));
  }
}

TEST_CASE("a_value_is_an_answer_to_one_question_in_one_namespace") {
  const std::string bytes = encode_value(kName, example());
  CHECK_FALSE(decode_value(value_name("team", "another key"), bytes));
  CHECK_FALSE(decode_value(value_name("another team", "key"), bytes));
  CHECK(value_name("ab", "c") != value_name("a", "bc"));
}

TEST_CASE("a_value_is_accepted_only_from_whom_one_trusts") {
  const Trust strict({kSigner.public_key()});
  CHECK_FALSE(decode_value(kName, encode_value(kName, example()), strict));
  CHECK_FALSE(decode_value(kName, encode_value(kName, example(), &kSigner), Trust({Signer(cc::digest_of("another seed")).public_key()})));
  CHECK_FALSE(decode_value(kName, encode_value(kName, example(), &kSigner), Trust(std::vector<PublicKey>())));
  CHECK(decode_value(kName, encode_value(kName, example(), &kSigner)).has_value());
}

TEST_CASE("a_signature_is_no_signature_of_another_value") {
  std::string signed_value = encode_value(kName, example(), &kSigner);
  std::vector<Parcel> other = example();
  other[0].outputs[0].bytes[0] = 'x';
  const std::string unsigned_value = encode_value(kName, other);
  constexpr std::size_t kSignedBy = 88;  // key and signature: the last 96 bytes of the header
  constexpr std::size_t kBytes = 96;
  std::string forged = unsigned_value;
  forged.replace(kSignedBy, kBytes, signed_value, kSignedBy, kBytes);
  REQUIRE(decode_value(kName, forged).has_value());
  CHECK_FALSE(decode_value(kName, forged, Trust({kSigner.public_key()})));
}

TEST_CASE("parcels_that_are_cut_or_followed_by_something_are_none_under_a_right_checksum_too") {
  constexpr std::size_t kHeader = 184;
  const std::string body = encode_value(kName, example()).substr(kHeader);
  REQUIRE(decode_value(kName, seal_value(kName, 2, body)) == example());
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(decode_value(kName, seal_value(kName, 2, std::string_view(body).substr(0, size))));
  CHECK_FALSE(decode_value(kName, seal_value(kName, 2, body + '\0')));
  CHECK_FALSE(decode_value(kName, seal_value(kName, 3, body)));
  CHECK_FALSE(decode_value(kName, seal_value(kName, UINT32_MAX, body)));
}

TEST_CASE("a_signed_value_is_no_answer_to_another_question_whatever_its_header_is_made_to_say") {
  const cc::ContentDigest other = value_name("another team", "key");
  std::string moved = encode_value(kName, example(), &kSigner);
  constexpr std::size_t kNameAt = 24;
  moved.replace(kNameAt, other.bytes.size(), reinterpret_cast<const char*>(other.bytes.data()), other.bytes.size());
  CHECK_FALSE(decode_value(other, moved, Trust({kSigner.public_key()})));
  CHECK_FALSE(decode_value(other, moved));
}
