// A value of a server's: any bytes, under a right checksum as well.
#include <zccache-remote/value.hpp>

#include "fuzz.hpp"

using namespace zccache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Aligned copy(std::as_bytes(std::span(data, size)));
  const cc::ContentDigest name = remote::value_name("", "key");
  (void)remote::decode_value(name, copy.text());
  const auto parcels = remote::decode_value(name, remote::seal_value(name, 1 + size % 3, copy.text()));
  if (parcels) EXPECT(remote::decode_value(name, remote::encode_value(name, *parcels)) == parcels);
  return 0;
}
