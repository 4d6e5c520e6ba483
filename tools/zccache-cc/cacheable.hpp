// A value, or the reason why this compile goes straight to the compiler.
#pragma once

#include <boost/system/result.hpp>

#include <string>

#include "counters.hpp"

namespace zccache::cc {

struct NotCacheable {
  Counter counter;
  std::string why;  ///< for the log, after "not cacheable: "
};

template <class T>
using Cacheable = boost::system::result<T, NotCacheable>;

}  // namespace zccache::cc
