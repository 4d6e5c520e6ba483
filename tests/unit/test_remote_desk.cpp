// Where questions wait for a thread.
#include "zccache-remote/desk.hpp"

#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace zccache::remote;
using zccache::tools::Descriptor;

namespace {

Errand errand(unsigned char first) { return {QuestionKind::result, {{first}}}; }

std::pair<Descriptor, Descriptor> connected() {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

char answer_at(const Descriptor& client) {
  char answer = 0;
  (void)!::recv(client.get(), &answer, 1, MSG_DONTWAIT);
  return answer;
}

}  // namespace

TEST_CASE("a_thread_takes_its_share_of_what_waits_in_order_and_not_more_than_it_may") {
  Desk desk(4, 3);
  for (unsigned char i = 1; i <= 16; ++i) desk.ask(errand(i), Descriptor());
  CHECK(desk.next() == std::vector{errand(1), errand(2), errand(3)});  // four were its share
  CHECK(desk.next() == std::vector{errand(4), errand(5), errand(6)});
  CHECK(desk.next() == std::vector{errand(7), errand(8), errand(9)});
  CHECK(desk.next() == std::vector{errand(10), errand(11)});
  desk.close();
  CHECK(desk.next().empty());
}

TEST_CASE("one_who_asks_alone_is_served_alone") {
  Desk desk(8, 32);
  desk.ask(errand(1), Descriptor());
  CHECK(desk.next() == std::vector{errand(1)});
}

TEST_CASE("all_who_ask_the_same_get_the_one_answer") {
  Desk desk(1, 1);
  auto [one, its_end] = connected();
  auto [other, other_end] = connected();
  desk.ask(errand(1), std::move(its_end));
  desk.ask(errand(1), std::move(other_end));
  CHECK(desk.next() == std::vector{errand(1)});
  desk.answer(errand(1), Answer::yes, false);
  CHECK(answer_at(one) == 'y');
  CHECK(answer_at(other) == 'y');
  CHECK(desk.is_idle());
}

TEST_CASE("what_a_server_lacks_is_answered_at_once") {
  Desk desk(1, 1);
  desk.ask(errand(1), Descriptor());
  CHECK(desk.next().size() == 1);
  desk.answer(errand(1), Answer::no, true);
  auto [client, end] = connected();
  desk.ask(errand(1), std::move(end));
  CHECK(answer_at(client) == 'n');
  CHECK(desk.is_idle());
}
