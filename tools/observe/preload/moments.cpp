// Which moments a program makes a date of. A compile that asks for the date depends on the clock; unless all that it converts is the moment
// that SOURCE_DATE_EPOCH names.
#include <time.h>

#include "observe/preload/channel.hpp"
#include "observe/preload/next.hpp"

namespace {

using namespace zccache::observe::preload;

void note(const time_t* moment) noexcept {
  if (moment == nullptr || was_noted({reinterpret_cast<const char*>(moment), sizeof *moment}, Noted::moment)) return;
  Asking asking;
  if (asking) asking.note_moment(*moment);
}

using InPlace = tm*(const time_t*);
using Reentrant = tm*(const time_t*, tm*);

}  // namespace

ZCCACHE_EXPORT tm* localtime(const time_t* moment) noexcept {
  static Next<InPlace> next;
  note(moment);
  return next.get("localtime")(moment);
}

ZCCACHE_EXPORT tm* gmtime(const time_t* moment) noexcept {
  static Next<InPlace> next;
  note(moment);
  return next.get("gmtime")(moment);
}

ZCCACHE_EXPORT tm* localtime_r(const time_t* moment, tm* to) noexcept {
  static Next<Reentrant> next;
  note(moment);
  return next.get("localtime_r")(moment, to);
}

ZCCACHE_EXPORT tm* gmtime_r(const time_t* moment, tm* to) noexcept {
  static Next<Reentrant> next;
  note(moment);
  return next.get("gmtime_r")(moment, to);
}
