// The preprocessor's text: the names of the files that it was made of.
#include <zccache-cc/preprocess.hpp>
#include <zccache-cc/source_files.hpp>

#include <algorithm>

#include "fuzz.hpp"

using namespace zccache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Without a zero behind it: a byte read beyond the text is noticed.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  const auto names = cc::named_files(text);
  for (const std::string& name : names) {
    EXPECT(!name.empty() && name.size() <= text.size());
  }
  const char* why = cc::reads_other_files(text);
  EXPECT(why == nullptr || *why != '\0');
  return 0;
}
