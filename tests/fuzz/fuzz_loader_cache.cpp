// The cache of the loader of programs: a file of the system's, whose offsets lead into one another.
#include <zccache-cc/facts/loader_cache.hpp>

#include "fuzz.hpp"

using namespace zccache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Aligned copy(std::as_bytes(std::span(data, size)));
  const std::uint64_t once = cc::hash_of_loader_cache(copy.text(), {"libc.so.6", "libm.so.6"});
  EXPECT(once == cc::hash_of_loader_cache(copy.text(), {"libm.so.6", "libc.so.6", "libc.so.6"}));
  return 0;
}
