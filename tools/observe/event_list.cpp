#include "observe/event_list.hpp"

#include <functional>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace zccache::observe {
namespace {

bool only_asks(Call call) {
  switch (call) {
    case Call::open_read:
    case Call::execute:
    case Call::status:
    case Call::link_status:
    case Call::access:
    case Call::read_link:
    case Call::list:
      return true;
    default:
      return false;
  }
}

struct Hash {
  std::size_t operator()(const Event* event) const {
    return std::hash<std::string_view>()(event->path) * 31 + static_cast<std::size_t>(event->call) * 7 + static_cast<std::size_t>(event->error);
  }
};

struct SameAnswer {
  bool operator()(const Event* a, const Event* b) const {
    return a->call == b->call && a->error == b->error && a->mode == b->mode && a->flags == b->flags && a->path == b->path &&
           a->target == b->target && a->status == b->status;
  }
};

}  // namespace

std::vector<Event> merge(std::vector<StampedEvent> reported, std::vector<StampedEvent> noted) {
  std::vector<Event> events;
  events.reserve(reported.size() + noted.size());  // so that they can be pointed at
  std::unordered_set<const Event*, Hash, SameAnswer> seen(events.capacity());
  const auto add = [&](StampedEvent& one) {
    events.push_back(std::move(one.event));
    if (only_asks(events.back().call) && !seen.insert(&events.back()).second) events.pop_back();
  };
  auto next = noted.begin();
  for (StampedEvent& one : reported) {
    while (next != noted.end() && next->position < one.position) add(*next++);
    add(one);
  }
  while (next != noted.end()) add(*next++);
  return events;
}

}  // namespace zccache::observe
