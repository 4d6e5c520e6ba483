// A value, or the reason why a run of the compiler is not served from the cache, or not stored in it.
#pragma once

#include <boost/system/result.hpp>

#include <string>

#include "zccache-cc/platform/counters.hpp"

namespace zccache::cc {

struct Uncacheable {
  Counter counter;
  std::string why;  ///< for the log, after "not cacheable: " or "not stored: "
};

template <class T>
using Expected = boost::system::result<T, Uncacheable>;

}  // namespace zccache::cc
