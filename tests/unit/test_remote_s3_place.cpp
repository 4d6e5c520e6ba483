// What a URL of a bucket and a file of keys say.
#include <fstream>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-remote/s3_place.hpp"

using zccache::remote::S3Keys;
using zccache::remote::S3Place;
using zccache::test::TempDir;

TEST_CASE("a_bucket_of_amazon_is_named_in_the_host_and_one_of_another_endpoint_in_the_path") {
  const auto amazon = S3Place::parse("s3://team/zccache/?region=eu-central-1");
  REQUIRE(amazon);
  CHECK(amazon->url == "https://team.s3.eu-central-1.amazonaws.com/zccache");
  CHECK(amazon->region == "eu-central-1");
  CHECK(amazon->profile == "default");
  const auto other = S3Place::parse("s3://team?endpoint=http://minio:9000/&profile=ci");
  REQUIRE(other);
  CHECK(other->url == "http://minio:9000/team");
  CHECK(other->region == "us-east-1");
  CHECK(other->profile == "ci");
  CHECK(S3Place::parse("s3://team/a/b?endpoint=https://minio&style=host")->url == "https://team.minio/a/b");
  CHECK(S3Place::parse("s3://team?style=path")->url == "https://s3.us-east-1.amazonaws.com/team");
}

TEST_CASE("what_is_no_url_of_a_bucket_is_refused") {
  for (const char* url : {"", "s3:", "s3://", "s3:///", "s3://?region=x", "s3://team/a b", "s3://team/%41",
                          "s3://team?region=", "s3://team?region=a:b", "s3://team?style=both", "s3://team?endpoint=minio:9000",
                          "s3://team?endpoint=https://user:password@minio", "s3://team?unknown=1", "http://team"}) {
    INFO(url);
    CHECK_FALSE(S3Place::parse(url));
  }
}

TEST_CASE("keys_are_those_of_the_profile_and_without_both_there_are_none") {
  const TempDir temp;
  const auto file = temp.path() / "keys";
  std::ofstream(file) << "aws_access_key_id = outside\n"
                         "[default]\n"
                         "aws_access_key_id=ID\r\n"
                         "  aws_secret_access_key = a=b/c+d  \n"
                         "[ci]\n"
                         "# aws_access_key_id = commented\n"
                         "aws_secret_access_key = s\n"
                         "aws_session_token = t\n";
  const auto keys = S3Keys::from_file(file, "default");
  REQUIRE(keys);
  CHECK(keys->id == "ID");
  CHECK(keys->secret == "a=b/c+d");
  CHECK(keys->session_token.empty());
  CHECK_FALSE(S3Keys::from_file(file, "ci"));
  CHECK_FALSE(S3Keys::from_file(file, "none"));
  CHECK_FALSE(S3Keys::from_file(temp.path() / "absent", "default"));
}
