// Decoding a record: of bytes that may be anything, and of bytes whose checksum is right.
#include "fuzz.hpp"

using namespace zccache;

namespace {

void scan(std::span<const std::byte> bytes) {
  std::size_t offset = 0;
  std::size_t before = 0;
  while (const format::RecordHeader* record = format::next_record(bytes, &offset)) {
    EXPECT(offset > before && offset <= bytes.size());
    before = offset;
    fuzz::read_parts(*record);
    EXPECT(format::checked_record(format::bytes_of(*record)) == record);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Aligned copy(std::as_bytes(std::span(data, size)));
  scan(copy.bytes());
  for (std::size_t offset = 0; offset < size;) {
    offset = fuzz::seal_record(copy.bytes(), offset);
    if (offset % format::kRecordAlignment != 0) break;
  }
  scan(copy.bytes());
  return 0;
}
