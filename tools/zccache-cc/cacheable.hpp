// A value, or the reason why this compile goes straight to the compiler.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace zccache::cc {

struct NotCacheable {
  std::string why;  ///< for the log, after "not cacheable: "
};

template <class T>
using Cacheable = boost::system::result<T, NotCacheable>;

}  // namespace zccache::cc
