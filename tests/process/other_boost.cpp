// The one file of the library that the layout of the live index follows from, as a program has it that was built with another Boost. Takes the
// place of the library's own in the program it is linked into.
#include <boost/version.hpp>

#include "segment/segment.hpp"

#undef BOOST_VERSION
#define BOOST_VERSION 109100

#include "segment/segment.cpp"
