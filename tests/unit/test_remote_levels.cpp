// Several servers as one.
#include "zccache-remote/levels_backend.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache::remote;
using zccache::cc::ContentDigest;

namespace {

ContentDigest name(unsigned char first) { return {{first}}; }

/// A server in memory. Shared, so that a test can look at it and change it while a LevelsBackend owns its front.
struct Server {
  std::map<ContentDigest, std::string> values;
  Outcome mood = Outcome::good;  ///< else it answers everything so
  std::size_t questions = 0;
};

class Front : public Backend {
 public:
  explicit Front(Server& server) : server_(server) {}
  Reply get(const ContentDigest& name) override {
    ++server_.questions;
    if (server_.mood != Outcome::good) return {server_.mood, {}, "its mood"};
    const auto found = server_.values.find(name);
    return found == server_.values.end() ? Reply{Outcome::absent, {}, {}} : Reply{Outcome::good, found->second, {}};
  }
  Reply put(const ContentDigest& name, std::string_view bytes) override {
    if (server_.mood != Outcome::good) return {server_.mood, {}, "its mood"};
    server_.values[name] = bytes;
    return {Outcome::good, {}, {}};
  }

 private:
  Server& server_;
};

struct Two {
  zccache::test::TempDir dir;
  Server near;
  Server far;
  LevelsBackend levels{dir.path() / "breaker"};
  Two() {
    levels.add(std::make_unique<Front>(near));
    levels.add(std::make_unique<Front>(far));
  }
};

}  // namespace

TEST_CASE("the_first_server_that_has_a_value_is_read_and_each_reply_is_that_of_its_name") {
  Two two;
  two.near.values = {{name(1), "near one"}, {name(2), "near two"}};
  two.far.values = {{name(2), "far two"}, {name(3), "far three"}};
  const std::vector<ContentDigest> names = {name(4), name(3), name(2), name(1)};
  std::vector<Reply> replies(names.size());
  two.levels.get_all(names, [&](std::size_t i, Reply reply) { replies[i] = std::move(reply); });
  CHECK(replies[0].outcome == Outcome::absent);
  CHECK(replies[1].bytes == "far three");
  CHECK(replies[2].bytes == "near two");
  CHECK(replies[3].bytes == "near one");
  CHECK(two.far.questions == 2);
}

TEST_CASE("a_server_that_fails_is_left_alone_after_the_second_time_and_the_other_answers") {
  Two two;
  two.near.mood = Outcome::failed;
  two.far.values = {{name(1), "far"}};
  for (int i = 0; i < 5; ++i) CHECK(two.levels.get(name(1)).bytes == "far");
  CHECK(two.near.questions == 2);
  CHECK(two.far.questions == 5);
}

TEST_CASE("many_questions_that_fail_at_once_are_one_failure_of_their_server") {
  Two two;
  two.near.mood = Outcome::failed;
  const std::vector<ContentDigest> names = {name(1), name(2), name(3)};
  two.levels.get_all(names, [](std::size_t /*i*/, const Reply& reply) { CHECK(reply.outcome == Outcome::absent); });
  two.near.mood = Outcome::good;
  two.near.values = {{name(1), "near"}};
  CHECK(two.levels.get(name(1)).bytes == "near");
}

TEST_CASE("only_when_no_server_answers_is_it_a_failure") {
  Two two;
  two.near.mood = Outcome::failed;
  CHECK(two.levels.get(name(1)).outcome == Outcome::absent);
  two.far.mood = Outcome::refused;
  CHECK(two.levels.get(name(1)).outcome == Outcome::refused);
  CHECK(two.levels.get(name(1)).outcome == Outcome::failed);  // both are left alone
}

TEST_CASE("all_servers_are_written_and_one_that_takes_a_value_is_enough") {
  Two two;
  CHECK(two.levels.put(name(1), "one").outcome == Outcome::good);
  CHECK(two.near.values == two.far.values);
  two.near.mood = Outcome::refused;
  for (int i = 0; i < 3; ++i) CHECK(two.levels.put(name(2), "two").outcome == Outcome::good);
  CHECK(two.far.values.contains(name(2)));
  two.near.mood = Outcome::good;  // no right to write is no reason not to read
  CHECK(two.levels.get(name(1)).bytes == "one");
  CHECK(two.near.questions == 1);
  two.near.mood = Outcome::full;
  two.far.mood = Outcome::full;
  CHECK(two.levels.put(name(3), "three").outcome == Outcome::full);
}
