// What an error says: its name, its cause, its cure.
#include <zccache/result.hpp>

#include <cerrno>
#include <set>
#include <sstream>

#include "catch.hpp"

using namespace zccache;

TEST_CASE("every_error_has_a_name_a_cause_and_a_cure_of_its_own") {
  std::set<std::string> names, causes, cures;
  constexpr int kLast = static_cast<int>(Error::io);
  for (int i = static_cast<int>(Error::invalid_key); i <= kLast; ++i) {
    const auto error = static_cast<Error>(i);
    names.insert(name(error));
    causes.insert(describe(error));
    cures.insert(cure(error));
  }
  CHECK(names.size() == kLast);
  CHECK(causes.size() == kLast);
  CHECK(cures.size() == kLast);
  CHECK(std::string(name(Error::invalid_key)) == "invalid_key");
  CHECK(std::string(name(Error::corrupt)) == "corrupt");
  CHECK(std::string(name(Error::io)) == "io");
}

TEST_CASE("a_message_has_subject_cause_reason_and_cure") {
  CHECK(Failure{Error::no_space, "/a/b", ENOSPC}.message() ==
        "/a/b: no space left (No space left on device); free space on the disk or raise the quota; what was stored before stays readable");
  CHECK(Failure{Error::read_only, "/a/b"}.message() == "/a/b: the store was opened read-only; open it for writing");
  std::ostringstream out;
  out << Failure{Error::read_only, "x"};
  CHECK(out.str() == Failure{Error::read_only, "x"}.message());
}

TEST_CASE("the_value_of_a_failure_throws_the_failure") {
  const result<int> failed = Failure{Error::lock_timeout, "index.lock"};
  CHECK_FALSE(failed.has_value());
  try {
    (void)failed.value();
    FAIL("nothing was thrown");
  } catch (const FailureException& thrown) {
    CHECK(thrown.failure().error == Error::lock_timeout);
    CHECK(std::string(thrown.what()) == failed.error().message());
  }
}
