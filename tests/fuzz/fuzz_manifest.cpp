// A manifest of the launcher's: bytes from the index, with lists whose lengths may be anything.
#include <zccache-cc/facts/manifest.hpp>

#include "fuzz.hpp"

using namespace zccache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Aligned copy(std::as_bytes(std::span(data, size)));
  const auto entries = cc::decode_manifest(copy.text());
  if (!entries) return 0;
  const std::string again = cc::encode_manifest(*entries);
  const auto same = cc::decode_manifest(again);
  EXPECT(same && same->size() == entries->size());
  EXPECT(cc::encode_manifest(*same) == again);
  return 0;
}
